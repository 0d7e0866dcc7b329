import { join } from 'node:path';
import { writeWhole } from '@ciphernet/foundation';
import {
  ARCHNET,
  type EncodingReport,
  OBFUSCATION_NOTES,
  attackText,
  encodingReportSchema,
  percent,
  similarityCells,
} from '@ciphernet/report';
import { greyStrip } from './grey-png.js';
import { section, table } from './metric-sections.js';
import { PAGE_STYLE, escapeHtml, withCode } from './page.js';

/** A row of pictures, the same examples in each. */
export interface PictureRow {
  readonly caption: string;
  /** Examples × height × width bytes. */
  readonly images: Uint8Array;
  readonly height: number;
  readonly width: number;
}

const STYLE = `
.warning { border: 3px solid #d1345b; } .warning h2 { color: #d1345b; font-size: 1.25rem; }
figure { margin: 0 0 .7rem; } figcaption { color: var(--soft); font-size: .85rem; }
figure img { display: block; width: 100%; height: auto; image-rendering: pixelated; }
th { text-align: left; font-weight: 600; padding: .3rem .6rem .3rem 0; } ul { margin: 0; padding-left: 1.2rem; }`;

function picture({ caption, images, height, width }: PictureRow): string {
  const png = Buffer.from(greyStrip(images, height, width)).toString('base64');
  const text = escapeHtml(caption);
  return `<figure><figcaption>${text}</figcaption><img alt="${text}" src="data:image/png;base64,${png}"></figure>`;
}

/** Pictures go on so many to a row. */
export const PICTURES = 12;

/**
 * A report of training on encoded images as one self-contained page: no script, no outside resource; pictures are inside of it.
 *
 * @param pictures the images, their encoded copies, and what each attack made of these
 */
export function encodingReportToHtml(report: EncodingReport, pictures: readonly PictureRow[]): string {
  const { dataset, accuracy, model, attacks, neighbours, seconds } = report;
  const title = `${dataset.name}: trained on obfuscated images (encoded, not encrypted)`;
  const figure = (value: string, name: string): string =>
    `<div class="figure"><b>${escapeHtml(value)}</b><span>${escapeHtml(name)}</span></div>`;
  const archnet = ARCHNET.get(dataset.name);
  const [low, high] = accuracy.interval;
  const notes = OBFUSCATION_NOTES.map((note) => `<li>${withCode(note)}</li>`).join('');
  const attackRows = attacks.map((attack) => [attackText(attack), ...similarityCells(attack)]);
  const details = [
    ['what', ''],
    ['Run', `${report.run}, ${report.createdAt}`],
    ['Encoded copy', dataset.encoded],
    [
      'Model',
      `${model.name}, sha256 ${model.digest.slice(0, 16)}…, epoch ${model.epoch} of ${model.epochs}, ${model.backend}`,
    ],
    ['Values', `${dataset.values} an image, ${dataset.encodedValues} an encoded one`],
    [
      'Seconds',
      `${seconds.encode.toFixed(1)} encoding, ${seconds.train.toFixed(1)} training, ${seconds.attack.toFixed(1)} attacking`,
    ],
  ];
  const head = ['true \\ predicted', ...report.confusion.map((_, label) => String(label))];
  const confusion = report.confusion.map((row, label) => [String(label), ...row.map(String)]);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escapeHtml(title)}</title><style>${PAGE_STYLE}${STYLE}</style></head><body>
<h1>${escapeHtml(title)}</h1>
<p class="lead">${dataset.train.toLocaleString('en')} training and ${dataset.test.toLocaleString('en')} test images. Workers saw encoded images only; below is what can be made of those. With pictures of the data: for its owner, not for publication.</p>
<section class="warning"><h2>Obfuscation, not encryption</h2><ul>${notes}</ul></section>
<div class="figures">
${figure(percent(accuracy.encoded), `accuracy on encoded images (95 %: ${percent(low)} to ${percent(high)})`)}
${figure(percent(accuracy.base), 'accuracy of the same network on plain images')}
${archnet === undefined ? '' : figure(percent(archnet), 'ArchNet, published')}
${figure(percent(neighbours.sameClass), `nearest encoded neighbours of the same class (chance: ${percent(neighbours.chance)})`)}
</div>
${section(
  `What attackers reconstruct of ${report.targets.toLocaleString('en')} encoded images`,
  table([['attacker has', 'SSIM', 'correlation', 'PSNR'], ...attackRows]),
)}
${section('The same examples: as they are, encoded, and reconstructed', pictures.map(picture).join('\n'))}
${section('Confusion matrix', table([head, ...confusion]))}
${section('Details', table(details))}
</body></html>
`;
}

/** Writes `encoding-report.json` and `encoding-report.html` into `folder`, for their owner's eyes. The JSON comes last: it says that all is there. */
export async function writeEncodingReport(
  folder: string,
  report: EncodingReport,
  pictures: readonly PictureRow[],
): Promise<{ readonly html: string; readonly json: string }> {
  const html = join(folder, 'encoding-report.html');
  const json = join(folder, 'encoding-report.json');
  const options = { mode: 0o600, folderMode: 0o700 };
  const checked = encodingReportSchema.parse(report);
  await writeWhole(html, encodingReportToHtml(checked, pictures), options);
  await writeWhole(json, `${JSON.stringify(checked, null, 2)}\n`, options);
  return { html, json };
}
