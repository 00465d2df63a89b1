import { stageFiles } from '@secateur/adapter-checkpoint-hf';

export const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Writes files of a folder that is made where it is not there; each is there whole or not at all. */
export const writeFiles = (folder: string, files: Readonly<Record<string, string>>): Promise<void> =>
  stageFiles(folder, async staging => {
    for (const [name, content] of Object.entries(files))
      await staging.write(name, out => out.write(new TextEncoder().encode(content)));
  });
