// Half precision on NVIDIA and AMD, for outputs of many tiles: 128 x 256 to a workgroup of eight subgroups.
enable subgroups;
enable chromium_experimental_subgroup_matrix;
enable f16;
diagnostic(off, chromium.subgroup_matrix_uniformity);

#let vector = 8
#let m = 16
#let n = 16
#let k = 16
#let high = 4
#let wide = 4
#let down = 2
#let across = 4
alias Element = f16;

#include result.half.include.wgsl
#include matrix.include.wgsl
