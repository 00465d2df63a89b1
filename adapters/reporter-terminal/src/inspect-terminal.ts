type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says of the terminal. */
export interface TerminalTraits {
  /** A terminal that can redraw a line. */
  readonly isTTY: boolean;
  /** False when `NO_COLOR` is set to anything but nothing (no-color.org). */
  readonly color: boolean;
  /** False on the Linux console and the old Windows console, whose fonts lack the characters. */
  readonly unicode: boolean;
}

/** @param platform as in `process.platform` */
export const inspectTerminal = (isTTY: boolean, env: Environment, platform: string): TerminalTraits => ({
  isTTY: isTTY && env.TERM !== 'dumb',
  color: !env.NO_COLOR,
  unicode: platform === 'win32' ? Boolean(env.WT_SESSION ?? env.TERM_PROGRAM) : env.TERM !== 'linux',
});
