import type { LineRow } from '../lines/lines.store.js';
import { seedLines } from '../lines/lines.store.js';
import type { Databases } from '../database/databases.js';

/** Ofcom keeps 020 7946 0000–0999 for fiction; nobody can be rung there. */
const LINES: Readonly<Record<string, readonly LineRow[]>> = {
  northbank: [
    { number: '+442079460100', use: 'outbound', label: 'Fraud Operations' },
    { number: '+442079460101', use: 'outbound', label: 'Customer Care' },
    { number: '+442079460199', use: 'inbound_only', label: 'The number on the card' },
  ],
  southbank: [
    { number: '+442079460200', use: 'outbound', label: 'Fraud Operations' },
    { number: '+442079460299', use: 'inbound_only', label: 'The number on the card' },
  ],
};

/** Gives each development tenant its lines, where it has none. */
export async function seedDevelopmentLines(databases: Databases): Promise<void> {
  for (const database of databases.all()) await seedLines(database, LINES[database.tenantId] ?? []);
}
