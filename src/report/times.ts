/** Times and durations as people read them. Pure but for the local time zone. */

const two = (value: number): string => String(value).padStart(2, '0');

/** `2026-11-26 20:19`: local time, sortable. */
export const localTime = (time: string): string => {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  const day = [String(date.getFullYear()), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
};

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `0.8 s`, `42 s`, `3 min 5 s`, `2 h 5 min`, `4 d 3 h`: two units at most. */
export const durationText = (seconds: number): string => {
  const whole = Math.round(seconds);
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)} s`;
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min ${whole % MINUTE} s`;
  if (whole < DAY) return `${Math.floor(whole / HOUR)} h ${Math.floor((whole % HOUR) / MINUTE)} min`;
  return `${Math.floor(whole / DAY)} d ${Math.floor((whole % DAY) / HOUR)} h`;
};

/** `0:07`, `12:34`, `3:02:01`: of one width as long as it grows, for what is drawn anew each second. */
export const clockText = (seconds: number): string => {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(whole / HOUR), Math.floor((whole % HOUR) / MINUTE)];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % MINUTE)}` : `${minutes}:${two(whole % MINUTE)}`;
};

const units: Record<string, number> = { s: 1, m: MINUTE, min: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };

/**
 * `2d`, `90m`, `1w` before `now`, or a date or time; null for anything else.
 *
 * @param now ms since the epoch.
 */
export const sinceTime = (text: string, now: number): Date | null => {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*(s|min|m|h|d|w)$/.exec(text.trim()) ?? [];
  if (amount !== undefined) return new Date(now - Number(amount) * (units[unit ?? ''] ?? 0) * 1_000);
  const date = /^\d{4}-\d{2}-\d{2}/.test(text.trim()) ? new Date(text.trim()) : null;
  return date === null || Number.isNaN(date.getTime()) ? null : date;
};
