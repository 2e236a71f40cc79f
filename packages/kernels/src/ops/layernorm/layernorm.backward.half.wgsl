#include dy.half.include.wgsl
#include backward.plain.include.wgsl
