import { describe, expect, it } from 'vitest';
import { formatListenAddress, parseListenAddress } from '../../src/monitor/listen-address.js';

describe('where a worker listens', () => {
  it.each([
    ['9464', '127.0.0.1', 9464],
    ['0', '127.0.0.1', 0],
    ['0.0.0.0:9464', '0.0.0.0', 9464],
    ['login1:80', 'login1', 80],
    ['[::]:9464', '::', 9464],
    [' [::1]:65535 ', '::1', 65_535],
  ])('%s', (text, host, port) => {
    expect(parseListenAddress(text)).toEqual({ host, port });
  });

  it.each(['', ':9464', 'localhost', '65536', '-1', '::1:9464', '[::1]', '127.0.0.1:', 'http://a:1'])(
    'refuses %j',
    (text) => {
      expect(parseListenAddress(text)).toBeNull();
    },
  );

  it('puts an IPv6 address in brackets', () => {
    expect(formatListenAddress({ host: '::1', port: 1 })).toBe('[::1]:1');
    expect(formatListenAddress({ host: '127.0.0.1', port: 1 })).toBe('127.0.0.1:1');
  });
});
