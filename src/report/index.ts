/** Reports: results as text for people and for other programs. */
export * from './benchmark-table.ts';
export * from './columns.ts';
export * from './comparison-page.ts';
export * from './comparison-table.ts';
export * from './csv.ts';
export * from './explanation-text.ts';
export * from './format-value.ts';
export * from './gate-report.ts';
export * from './html-report.ts';
export * from './json-document.ts';
export * from './manifest.ts';
export * from './openb-table.ts';
export * from './parameters-in-play.ts';
export * from './result-files.ts';
export * from './results-readme.ts';
export * from './validation-table.ts';
export * from './verdict-table.ts';
