#include dy.single.include.wgsl
#include backward.plain.include.wgsl
