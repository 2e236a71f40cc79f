#include y.single.include.wgsl
#include plain.include.wgsl
