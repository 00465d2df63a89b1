/** `0:41`, `3:20`, `1:02:03`: whole seconds, for what changes while it is watched. */
export const clockTime = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const tail = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`;
};

/** `3.2 s`, `41 s`, `3 min 20 s`, `1 h 02 min`: for what is over. */
export const duration = (seconds: number): string => {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
};

/** `412 MiB`, `5.6 GiB`. */
export const memorySize = (bytes: number): string => {
  const mebibytes = bytes / 2 ** 20;
  return mebibytes < 1024 ? `${Math.round(mebibytes)} MiB` : `${(mebibytes / 1024).toFixed(1)} GiB`;
};

/** `81,920`. */
export const count = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 0 });

/** `1,240 tokens/s`, `3.1 steps/s`, and per minute or hour when it is slow. */
export const rate = (perSecond: number, unit: string): string => {
  const [value, per] =
    perSecond >= 0.1
      ? [perSecond, 's']
      : perSecond >= 0.1 / 60
        ? [perSecond * 60, 'min']
        : [perSecond * 3600, 'h'];
  return `${value < 10 ? value.toFixed(1) : count(value)} ${unit}/${per}`;
};

/** Whole per cent, rounded down: 100 means done. */
export const percentage = (done: number, total: number): string =>
  `${Math.floor(100 * Math.min(1, Math.max(0, done / total)) + 1e-9)}%`;
