import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/*
 * Takes the indentation out of templates: a line break with what stands around it means one space in HTML and CSS, and
 * a tenth of what a page loads. The compiler finds them, so that no text that looks like one is touched.
 */

/** Rewrites the templates in the scripts of a folder. */
export function minifyTemplates(folder) {
  const typescript = createRequire(import.meta.url)('typescript');
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!name.endsWith('.js')) continue;
    const file = join(folder, name);
    writeFileSync(file, minify(typescript, readFileSync(file, 'utf8')));
  }
}

function minify(ts, text) {
  const edits = [];
  const visit = (node) => {
    if (ts.isTaggedTemplateExpression(node) && ['html', 'css'].includes(node.tag.getText())) {
      const { template } = node;
      const parts = ts.isNoSubstitutionTemplateLiteral(template)
        ? [template]
        : [template.head, ...template.templateSpans.map(({ literal }) => literal)];
      for (const part of parts) edits.push([part.getStart(), part.getEnd(), node.tag.getText()]);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('module.js', text, ts.ScriptTarget.ES2022, true));
  return edits
    .sort(([one], [other]) => other - one)
    .reduce(
      (whole, [from, to, tag]) => whole.slice(0, from) + tighten(whole.slice(from, to), tag) + whole.slice(to),
      text,
    );
}

function tighten(piece, tag) {
  const spaced = piece.replace(/\s*\n\s*/g, ' ');
  return tag === 'css' ? spaced.replace(/ ?([{};]) ?/g, '$1').replace(/: /g, ':') : spaced;
}
