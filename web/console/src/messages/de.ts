import { admin } from './de/admin.js';
import { agent } from './de/agent.js';
import { analyst } from './de/analyst.js';
import { rejections } from './de/rejections.js';
import { settings } from './de/settings.js';
import { shell } from './de/shell.js';
import type { en } from './en.js';

/** The console's own words in German. */
export const de: Readonly<Record<keyof typeof en, string>> = {
  ...shell,
  ...agent,
  ...analyst,
  ...admin,
  ...settings,
  ...rejections,
};

export { fieldRefusals } from './de/field-refusals.js';
