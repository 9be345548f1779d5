import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

const workflowMessage =
  'Workflow code is replayed: it may import types, @temporalio/workflow and pure helpers, nothing that does I/O.';

export default tseslint.config(
  { ignores: ['test/kept-runs/**', 'dist/**', 'coverage/**', 'node_modules/**'] },
  ...tseslint.configs.strict,
  ...tseslint.configs.strictTypeCheckedOnly.map((config) => ({ ...config, files: ['**/*.ts'] })),
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      // A module that is named for its types alone must not be loaded.
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // `${n}` is the way a number gets into a text; whatever else would print as something odd is spelled out.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        {
          allowNumber: true,
          allowAny: false,
          allowBoolean: false,
          allowNever: false,
          allowNullish: false,
          allowRegExp: false,
        },
      ],
      // Methods of interfaces here are functions of a closure, none knows a `this`.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Flow analysis does not see what a closure assigns, and calls such a look needless.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Enums of Temporal's protocol travel as numbers or as names.
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      // Connections and errors are told apart by what they can do, also across two copies of the SDK.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Characters of a text, one by one, are what is meant where a text is spread.
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
      // Helpers first: what a declaration uses stands above it.
      '@typescript-eslint/no-use-before-define': ['error', { typedefs: false }],
      eqeqeq: 'error',
    },
  },
  {
    // Matchers and JSON are of type any.
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
    },
  },
  {
    files: ['src/workflows/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: [
            ...[
              '@temporalio/activity',
              '@temporalio/client',
              '@temporalio/worker',
              'execa',
              'zod',
              'pino',
            ].map((name) => ({ name, message: workflowMessage, allowTypeImports: true })),
          ],
          patterns: [
            {
              group: ['node:*', 'fs', 'fs/*', 'path', 'os', 'child_process', 'crypto'],
              message: workflowMessage,
            },
            {
              group: [
                '**/activities/**',
                '**/executors/**',
                '**/state/**',
                '**/workers/**',
                '**/cli/**',
                '**/client/**',
                '**/report/**',
                '**/conformance/**',
              ],
              message: workflowMessage,
              allowTypeImports: true,
            },
          ],
        },
      ],
    },
  },
  prettier,
);
