// Single precision, which Apple has: 64 x 64 to a workgroup of four subgroups.
enable subgroups;
enable chromium_experimental_subgroup_matrix;

diagnostic(off, chromium.subgroup_matrix_uniformity);

#let vector = 4
#let m = 8
#let n = 8
#let k = 8
#let high = 4
#let wide = 4
#let down = 2
#let across = 2
alias Element = f32;

#include result.single.include.wgsl
#include matrix.include.wgsl
