/** What the engine and the process that examines a device say to each other. */
import type { DeviceState } from '@secateur/core';
import type { Device } from '../lower/target.js';

export interface Question {
  readonly device: Device;
  /** Folder that remembers which checks were passed. */
  readonly cache: string;
  /** Check again what has passed before. */
  readonly again: boolean;
}

export type Message =
  /** The device is there and is checked now. */
  { readonly checking: true } | { readonly answer: DeviceState };
