import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

const workflowMessage =
  'Workflow code is replayed: it may import types, @temporalio/workflow and pure helpers, nothing that does I/O.';

export default tseslint.config(
  { ignores: ['dist/**', 'coverage/**', 'node_modules/**'] },
  ...tseslint.configs.strict,
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
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: 'error',
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
