import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Packages that the set is built from, at the versions that give the same bytes. */
export const sources = { '@lobehub/fluent-emoji-3d': '1.1.0', 'emojibase-data': '17.0.0' } as const;

/** An image of Fluent Emoji with what Unicode calls it. */
export interface Emoji {
  /** "u" and the code points: with digits alone, JSON would sort it before all others. */
  readonly id: string;
  /** Code points in hexadecimal, joined by "-", without variation selectors. */
  readonly points: string;
  readonly label: string;
  /** Unicode's subgroup: "person-role", "food-fruit". */
  readonly subgroup: string;
  /** Skin tone by Fitzpatrick's scale in Unicode, 1 (light) to 5 (dark); 0 for none. */
  readonly tone: number;
  /** Path of the image, 256 x 256 with transparency. */
  readonly file: string;
}

interface Entry {
  readonly hexcode: string;
  readonly label: string;
  readonly order?: number;
  readonly subgroup?: number;
  readonly tone?: number | readonly number[];
  readonly skins?: readonly Entry[];
}

/**
 * All emoji that have both a name and an image, in Unicode's order; without those of two skin tones.
 * @param folder where `npm install` put both packages
 * @throws naming a package that is missing or of another version
 */
export function readEmoji(folder: string): Emoji[] {
  const [images, names] = Object.entries(sources).map(([name, version]) => packageFolder(folder, name, version));
  const { subgroups } = readJson(join(names, 'meta/groups.json')) as { subgroups: Record<string, string> };
  const entries = readJson(join(names, 'en/data.json')) as Entry[];
  const files = new Map(
    readdirSync(join(images, 'assets')).map((file) => [withoutSelectors(file.replace(/\.webp$/, '')), file]),
  );
  return entries
    .flatMap((entry) => [entry, ...(entry.skins ?? [])].map((form) => ({ ...form, label: entry.label })))
    .sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
    .flatMap(({ hexcode, label, subgroup, tone = 0 }) => {
      const points = withoutSelectors(hexcode.toLowerCase());
      const file = files.get(points);
      if (file === undefined || subgroup === undefined || typeof tone !== 'number') return [];
      return [
        { id: `u${points}`, points, label, subgroup: subgroups[subgroup], tone, file: join(images, 'assets', file) },
      ];
    });
}

function packageFolder(folder: string, name: string, version: string): string {
  const found = join(folder, 'node_modules', name);
  const manifest = join(found, 'package.json');
  const installed = existsSync(manifest) ? (readJson(manifest) as { version: string }).version : undefined;
  if (installed === version) return found;
  throw new Error(
    `${found}: expected version ${version}, found ${installed ?? 'nothing'}; ` +
      `npm install --no-save --prefix ${folder} ${name}@${version}`,
  );
}

const withoutSelectors = (name: string): string => name.replaceAll(/-fe0f/g, '');

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
