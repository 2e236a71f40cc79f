enable subgroups;

#include storage.backward.half.include.wgsl
#include backward.key.subgroup.include.wgsl
