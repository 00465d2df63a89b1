/**
 * One constant per port: it is the container's identifier, the constructor decorator and, by declaration merging,
 * the type. `interface Engine {...}` beside `const Engine = createToken<Engine>('engine')`.
 */
import 'reflect-metadata';
import { inject } from 'inversify';

export interface Token<T> {
  (target: object, key: string | symbol | undefined, index: number): void;
  /** The port's name in `use:` and in `secateur ls`. */
  readonly label: string;
  readonly id: symbol;
  /** How many implementations are at work: one, or `all`, each for what it recognises. */
  readonly choice: Choice;
  /** Carries the type, never a value. */
  readonly type?: T;
}

export type Choice = 'one' | 'all';

const tokens = new Map<string, Token<unknown>>();

/**
 * Makes the token of a port. Throws a plain Error on a label that is taken.
 * @param choice `all` for a port whose implementations each take what they recognise; default `one`
 */
export const createToken = <T>(label: string, choice: Choice = 'one'): Token<T> => {
  if (tokens.has(label)) throw new Error(`a port labelled "${label}" exists already`);
  const id = Symbol.for(`secateur.${label}`);
  const decorate = (target: object, key: string | symbol | undefined, index: number): void =>
    inject(id)(target, key, index);
  const token: Token<T> = Object.assign(decorate, { label, id, choice });
  tokens.set(label, token);
  return token;
};

/** Every port that was declared so far, third parties' included, in order of declaration. */
export const declaredPorts = (): readonly Token<unknown>[] => [...tokens.values()];
