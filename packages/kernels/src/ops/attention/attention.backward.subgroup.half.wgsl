enable subgroups;

#include storage.backward.half.include.wgsl
#include backward.subgroup.include.wgsl
