type Run<T> = (t: T) => void | Promise<void>;

/** The part of AVA's `test` that is needed here. */
interface TestFunction<T> {
  (title: string, run: Run<T>): void;
  skip(title: string, run: Run<T>): void;
}

/** `test`, or a test that is skipped and says why. */
export const testIf =
  <T>(test: TestFunction<T>, condition: boolean, otherwise: string) =>
  (title: string, run: Run<T>): void =>
    condition ? test(title, run) : test.skip(`${title} (${otherwise})`, run);
