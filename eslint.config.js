import eslint from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** A suppression says why: `// eslint-disable-next-line rule -- reason`. */
const suppressionsSayWhy = {
  meta: { type: 'suggestion', schema: [], messages: { why: 'Say why after `--`, or remove the suppression.' } },
  create(context) {
    return {
      Program() {
        for (const comment of context.sourceCode.getAllComments()) {
          if (/^\s*eslint-(disable|enable)/.test(comment.value) && !/\s--\s+\S+/.test(comment.value))
            context.report({ loc: comment.loc, messageId: 'why' });
        }
      },
    };
  },
};

/** Migrations that have run somewhere, and so stay as they are. */
const WIDE_MIGRATIONS = [
  'migrations/1764000006000-changes-and-callbacks.ts',
  'migrations/1764000050000-delivery-heads.ts',
  'migrations/1764000050100-checkpoints-kept.ts',
  'migrations/1764000060100-retention.ts',
  'migrations/1764000070000-selective-column-first.ts',
  'migrations/1764000073000-events-by-time.ts',
  'migrations/1764000080100-event-log-holders.ts',
  'migrations/1764000085000-links-as-indicators.ts',
  'migrations/1764000088000-log-epochs.ts',
];

export default defineConfig(
  { ignores: ['**/dist/', 'packages/client/src/generated/', 'coverage/', '.data/', 'docs/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all' },
      ],
      // In a file with decorators this rule reports nothing: Nest injects by the classes that the compiler writes into the
      // metadata, and a type-only import leaves `Object` there.
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/ban-ts-comment': [
        'error',
        { 'ts-expect-error': 'allow-with-description', 'ts-ignore': true, 'ts-nocheck': true },
      ],
      '@typescript-eslint/explicit-module-boundary-types': ['error', { allowArgumentsExplicitlyTypedAsAny: false }],
    },
  },
  {
    plugins: { countersign: { rules: { 'suppressions-say-why': suppressionsSayWhy } } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'countersign/suppressions-say-why': 'error',
      'no-console': 'error',
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'], location: 'anywhere' }],
      eqeqeq: ['error', 'always'],
      'prefer-const': 'error',
      'no-restricted-properties': [
        'error',
        {
          object: 'URL',
          property: 'canParse',
          message:
            'Node 20 answers false for Latin-1 letters once the call is compiled; use parseUrl (src/readers/url.ts).',
        },
      ],
    },
  },
  {
    files: ['src/**/*.ts', 'packages/*/src/**/*.ts', 'web/*/src/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      complexity: ['error', { max: 20 }],
      'max-depth': ['error', 4],
    },
  },
  {
    // SQL, which Prettier leaves as it is.
    files: ['src/**/*.store.ts', 'src/**/*.transition.ts', 'migrations/*.ts'],
    ignores: WIDE_MIGRATIONS,
    rules: { 'max-len': ['error', { code: 140, ignoreComments: true, ignoreStrings: true }] },
  },
  {
    files: ['**/*.spec.ts', 'test/**/*.ts', 'scripts/demo/**/*.ts'],
    rules: {
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      'max-depth': 'off',
      // What a test or the demo reads of an answer is checked by what it expects of it.
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
    },
  },
  {
    files: ['*.js', '*.cjs', '.ci/*.mjs', 'scripts/*.mjs', 'test/support/*.mjs', 'deploy/**/*.mjs'],
    languageOptions: {
      globals: {
        module: 'readonly',
        process: 'readonly',
        fetch: 'readonly',
        setTimeout: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
        URLSearchParams: 'readonly',
      },
    },
  },
  {
    // A service worker runs in a scope of its own; its build says which files there are.
    files: ['web/*/src/worker.js'],
    languageOptions: {
      globals: Object.fromEntries(
        ['self', 'caches', 'fetch', 'URL', 'Headers', 'Response', 'AbortSignal', '__FILES__'].map((name) => [
          name,
          'readonly',
        ]),
      ),
    },
  },
  {
    // An example prints what it got: that is what it shows.
    files: ['examples/**/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(
        ['process', 'console', 'fetch', 'AbortSignal', 'Buffer', 'URL', 'URLSearchParams'].map((name) => [
          name,
          'readonly',
        ]),
      ),
    },
    rules: { 'no-console': 'off' },
  },
);
