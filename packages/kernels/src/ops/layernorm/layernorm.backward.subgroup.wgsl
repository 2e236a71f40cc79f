enable subgroups;

#include dy.single.include.wgsl
#include backward.subgroup.include.wgsl
