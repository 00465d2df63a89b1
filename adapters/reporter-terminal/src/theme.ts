const codes = { dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], cyan: [36, 39] } as const;

export interface Theme {
  /** The text in a colour; the text itself when colours are off. */
  readonly paint: (colour: keyof typeof codes, text: string) => string;
  readonly glyphs: {
    readonly spinner: readonly string[];
    readonly full: string;
    readonly empty: string;
    readonly dot: string;
    readonly done: string;
    readonly stopped: string;
  };
}

const unicodeGlyphs = {
  spinner: [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'],
  full: '━',
  empty: '╌',
  dot: '·',
  done: '✔',
  stopped: '✖',
};
const asciiGlyphs = { spinner: [...'|/-\\'], full: '#', empty: '-', dot: '|', done: '+', stopped: 'x' };

export const createTheme = (color: boolean, unicode: boolean): Theme => ({
  paint: (colour, text) =>
    color && text ? `\u001b[${codes[colour][0]}m${text}\u001b[${codes[colour][1]}m` : text,
  glyphs: unicode ? unicodeGlyphs : asciiGlyphs,
});
