import { admin } from './en/admin.js';
import { agent } from './en/agent.js';
import { analyst } from './en/analyst.js';
import { rejections } from './en/rejections.js';
import { settings } from './en/settings.js';
import { shell } from './en/shell.js';

/** The console's own words in English. */
export const en = { ...shell, ...agent, ...analyst, ...admin, ...settings, ...rejections };
