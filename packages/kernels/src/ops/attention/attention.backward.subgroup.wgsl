enable subgroups;

#include storage.backward.single.include.wgsl
#include backward.subgroup.include.wgsl
