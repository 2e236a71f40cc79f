enable subgroups;

#include dy.half.include.wgsl
#include backward.subgroup.include.wgsl
