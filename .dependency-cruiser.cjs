/**
 * The direction of dependencies: boot → peers → verifications → customers → policy, lines → events → http, database → what is
 * below everything.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const PEERS = 'calls|call-records|callbacks|changes|notices|reports';
const SPEC = '\\.spec\\.ts$';
/** Below everything that connects to anything. */
const LOW = 'crypto|ids|refusals|readers';
/** How a feature's rows are moved, in SQL. It needs nothing, so a store of any feature may say it (docs/decisions/0082). */
const TRANSITION = '\\.transition\\.ts$';

/** A rule: what matches `from` must not import what matches `to`. */
const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

module.exports = {
  forbidden: [
    forbid(
      'no-cycles',
      'A cycle cannot be read from the top. Imports of types alone count too.',
      {},
      { circular: true },
    ),
    forbid('no-unresolved', 'An import leads nowhere.', {}, { couldNotResolve: true }),

    forbid(
      'packages-know-the-api-alone',
      'A package is for others: it needs nothing of the service, and the service nothing of it.',
      { path: '^packages/', pathNot: SPEC },
      { path: '^(src|scripts|test|bench|migrations)/' },
    ),
    forbid(
      'the-service-needs-no-package',
      'Packages are for clients; only evidence is checked, before it is given out, by the verifier that others use.',
      { path: '^src/', pathNot: '^src/transparency/evidence\\.service\\.ts$' },
      { path: '^packages/' },
    ),

    // Between features.
    forbid(
      'crypto-is-bytes',
      'crypto: bytes in, bytes out.',
      { path: '^src/crypto/', pathNot: SPEC },
      { path: '^src/', pathNot: '^src/crypto/' },
    ),
    forbid(
      'readers-are-low',
      'readers: what people and networks write, read one way for all.',
      { path: '^src/readers/', pathNot: SPEC },
      { path: '^src/', pathNot: '^src/(readers|crypto)/' },
    ),
    forbid(
      'ids-and-refusals-are-low',
      'ids and refusals: what everything else is told with.',
      { path: '^src/(ids|refusals)/', pathNot: SPEC },
      { path: '^src/', pathNot: '^src/(ids|refusals|crypto|readers)/' },
    ),
    forbid(
      'upkeep-holds-no-sql',
      'upkeep repeats what it is given, and knows no store.',
      { path: '^src/upkeep/', pathNot: SPEC },
      { path: '^src/', pathNot: '^src/(upkeep|observability|config)/' },
    ),
    forbid(
      'database-knows-no-feature',
      'database: connections, transactions, migrations; no HTTP and no feature.',
      { path: '^src/database/', pathNot: SPEC },
      { path: '^src/', pathNot: `^src/(database|${LOW}|upkeep|observability|config)/` },
    ),
    forbid(
      'programs-and-calls-out-stand-alone',
      'The embedded PostgreSQL and calls to others need nothing of ours but bytes.',
      { path: '^src/(embedded-postgres|outbound)/', pathNot: SPEC },
      { path: '^src/', pathNot: '^src/(embedded-postgres|outbound|crypto|readers)/' },
    ),
    forbid(
      'observability-knows-no-feature',
      'Logs, metrics and readiness are below every feature.',
      { path: '^src/observability/', pathNot: SPEC },
      { path: '^src/', pathNot: `^src/(observability|database|upkeep|config|${LOW})/` },
    ),
    forbid(
      'http-knows-no-feature',
      'http is below every feature, but for the documents that are made of the catalogue of events.',
      { path: '^src/http/', pathNot: [SPEC, '^src/http/openapi/'] },
      { path: '^src/', pathNot: `^src/(http|database|observability|outbound|upkeep|config|${LOW})/` },
    ),
    forbid(
      'http-is-at-the-edge',
      'Only what speaks HTTP knows it: controllers, DTOs, modules, streams of events and boot.',
      {
        path: '^src/',
        pathNot: [
          '^src/(http|boot|pages)/',
          '\\.(controller|dto|reply|module|guard|pipe)\\.ts$',
          '^src/events/(event-streams?|open-streams)\\.ts$',
          SPEC,
        ],
      },
      { path: '^src/http/', dependencyTypesNot: ['type-only'] },
    ),
    forbid(
      'boot-is-last',
      'Only main, scripts and tests name what puts the service together.',
      { path: '^src/', pathNot: ['^src/(main\\.ts$|boot/)', SPEC] },
      { path: '^src/boot/' },
    ),
    forbid(
      'events-are-low',
      'events know no feature. (http tells their routes whose request it is.)',
      { path: '^src/events/', pathNot: SPEC },
      { path: '^src/', pathNot: `^src/(events|http|database|observability|upkeep|config|${LOW})/` },
    ),
    forbid(
      'policy-and-lines-are-low',
      'policy and lines stand beside customers and know no feature above.',
      { path: '^src/(policy|lines)/', pathNot: SPEC },
      { path: `^src/(${PEERS}|verifications|customers)/` },
    ),
    forbid(
      'policy-does-not-need-lines',
      'Every feature reads the policy; the policy reads none.',
      { path: '^src/policy/', pathNot: SPEC },
      { path: '^src/lines/' },
    ),
    forbid(
      'customers-are-below',
      'customers know nothing of what is asked of them.',
      { path: '^src/customers/', pathNot: SPEC },
      { path: `^src/(${PEERS}|verifications)/`, pathNot: TRANSITION },
    ),
    forbid(
      'verifications-are-below',
      'verifications know no peer.',
      { path: '^src/verifications/', pathNot: SPEC },
      { path: `^src/(${PEERS})/`, pathNot: TRANSITION },
    ),
    forbid(
      'peers-meet-in-public',
      "Peers meet through events or a service, never in each other's stores.",
      { path: `^src/(${PEERS})/`, pathNot: SPEC },
      { path: `^src/(${PEERS})/.*\\.store\\.ts$`, pathNot: '^src/$1/' },
    ),

    // Between layers.
    forbid(
      'machines-and-policies-are-pure',
      '.machine and .policy decide, from the language alone.',
      { path: '\\.(machine|policy)\\.ts$' },
      { pathNot: '\\.(machine|policy)\\.ts$|^src/policy/policy\\.ts$' },
    ),
    forbid(
      'policies-share-types-only',
      '.machine and .policy share types, not decisions.',
      { path: '\\.(machine|policy)\\.ts$' },
      { path: '\\.(machine|policy)\\.ts$', dependencyTypesNot: ['type-only'] },
    ),
    forbid(
      'transitions-need-nothing',
      "A .transition is SQL, made of its own feature's machine and of the catalogue of events.",
      { path: TRANSITION },
      { pathNot: ['\\.machine\\.ts$', '^src/database/sql\\.ts$', '^src/events/event-row\\.ts$'] },
    ),
    forbid(
      'transitions-are-for-stores',
      'A row is moved in a store.',
      { path: '^src/', pathNot: ['\\.(store|transition)\\.ts$', SPEC] },
      { path: TRANSITION },
    ),
    forbid(
      'stores-call-no-service',
      'A store is SQL.',
      { path: '\\.store\\.ts$' },
      { path: '\\.(service|controller|dto|pipe|module)\\.ts$' },
    ),
    forbid(
      'services-know-no-http',
      'A service sees no controller, and of a .dto at most a type.',
      { path: '\\.(service|store|machine|policy)\\.ts$' },
      { path: '\\.(controller|dto|reply)\\.ts$', dependencyTypesNot: ['type-only'] },
    ),
    forbid(
      'controllers-are-last',
      'Only a module and the composition root name a controller.',
      { path: '^src/', pathNot: ['\\.module\\.ts$', SPEC] },
      { path: '\\.controller\\.ts$' },
    ),
    forbid(
      'controllers-hold-no-sql',
      'A controller reaches a store through a service.',
      { path: '\\.controller\\.ts$' },
      { path: '\\.store\\.ts$', dependencyTypesNot: ['type-only'] },
    ),

    // To the outside.
    forbid(
      'src-stands-alone',
      'What ships needs no test, script or benchmark.',
      { path: '^src/', pathNot: SPEC },
      { path: '^(test|scripts|bench)/' },
    ),
    forbid('spec-is-no-library', 'Nothing imports a spec.', {}, { path: '\\.spec\\.ts$' }),
    forbid(
      'pg-in-stores-only',
      'SQL is in stores; connections are in database.',
      { path: '^src/', pathNot: ['^src/(database|embedded-postgres|boot)/', '\\.store\\.ts$', SPEC] },
      { path: 'node_modules/(@types/)?pg/' },
    ),
    forbid(
      'typeorm-for-migrations-only',
      'TypeORM runs migrations and nothing else.',
      { path: '^(src|scripts|test)/', pathNot: '^src/database/(migration-run|pending-migrations)\\.ts$' },
      { path: 'node_modules/typeorm/' },
    ),
    forbid(
      'ships-with-its-dependencies',
      'What ships imports no dev dependency.',
      { path: '^(src|migrations)/', pathNot: SPEC },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
    ),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
    detectProcessBuiltinModuleCalls: true,
  },
};
