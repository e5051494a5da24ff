import js from '@eslint/js'
import html from '@html-eslint/eslint-plugin'
import globals from 'globals'
import { basename } from 'node:path'
import tseslint from 'typescript-eslint'
import { formOf } from './scripts/forms.mjs'

/** Looks at HTML as people get it: a form with all its rows (lines are those of dist/), a help text out of its script. */
const asShown = {
  meta: { name: 'as-shown' },
  preprocess: (text, path) => [
    /[\\/]nodes[\\/](?!.*-row\.html$)/.test(path)
      ? formOf(basename(path, '.html'))
      : text.replace(/<\/?script[^>]*>/g, tag => ' '.repeat(tag.length))
  ],
  postprocess: messages => messages.flat()
}

const HTML_RULES = [
  ...['no-duplicate-id', 'no-duplicate-attrs', 'no-duplicate-class', 'require-closing-tags'],
  ...['require-li-container', 'no-obsolete-tags', 'no-obsolete-attrs'],
  ...[
    'no-invalid-attr-value',
    'no-invalid-entity',
    'no-invalid-role',
    'no-abstract-roles',
    'no-redundant-role'
  ],
  ...['no-nested-interactive', 'no-heading-inside-button', 'no-aria-hidden-on-focusable'],
  ...['no-positive-tabindex', 'no-accesskey-attrs', 'no-target-blank', 'prefer-https'],
  ...['require-img-alt', 'require-input-label', 'require-button-type', 'require-details-summary']
]

export default tseslint.config(
  { ignores: ['dist/', '.cache/', 'node_modules/'] },
  {
    files: ['nodes/*.html', 'plugins/*.html', 'locales/**/*.html'],
    plugins: { html },
    language: 'html/html',
    processor: asShown,
    rules: Object.fromEntries(HTML_RULES.map(rule => [`html/${rule}`, 'error']))
  },
  {
    files: ['**/*.{ts,mjs,cjs}'],
    extends: [js.configs.recommended, ...tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      globals: globals.node,
      parserOptions: { project: ['./tsconfig.json', './tsconfig.editor.json', './tsconfig.test.json'] }
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // Dependencies are loaded when first used: every millisecond of Node-RED's start counts on a small board.
      '@typescript-eslint/no-require-imports': 'off',
      eqeqeq: 'error',
      'no-console': 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }]
    }
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector:
            "CallExpression[callee.property.name='match'] > .arguments ArrayExpression[elements.length=0]",
          message: 'Every list matches an empty one: say { length: 0 }.'
        }
      ]
    }
  },
  {
    files: ['scripts/**'],
    rules: { 'no-console': 'off' }
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    ...tseslint.configs.disableTypeChecked
  }
)
