// What a package.json of the workspace becomes in a tarball (pnpm itself turns `workspace:*` into versions).
export const hooks = { beforePacking };

/** Leaves out what only this repository has: sources behind `webcir-source`, entries for tests alone, scripts. */
function beforePacking({ scripts, devDependencies, ...manifest }) {
  const published = Object.entries(manifest.exports ?? {}).flatMap(([path, target]) => {
    if (typeof target === 'string') return [[path, target]];
    const { 'webcir-source': source, ...conditions } = target;
    return conditions.default ? [[path, conditions]] : [];
  });
  return { ...manifest, exports: Object.fromEntries(published) };
}
