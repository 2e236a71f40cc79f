// Half precision on NVIDIA and AMD, for outputs of few tiles: 64 x 64 to a workgroup of four subgroups.
enable subgroups;
enable chromium_experimental_subgroup_matrix;
enable f16;
diagnostic(off, chromium.subgroup_matrix_uniformity);

#let vector = 8
#let m = 16
#let n = 16
#let k = 16
#let high = 2
#let wide = 2
#let down = 2
#let across = 2
alias Element = f16;

#include result.half.include.wgsl
#include matrix.include.wgsl
