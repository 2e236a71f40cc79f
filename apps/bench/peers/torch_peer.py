"""PyTorch as a peer of the bench: asked in lines of JSON, it answers in lines of JSON (src/peers/process.ts).

Training steps are those of CLIP4Cir (clip_fine_tune.py, combiner_train.py) on openai/CLIP's model: all 77 text
positions, the whole token table in the optimizer, images encoded anew at every step where the work says so. The new
encodings are not used: the features come with the work, so that losses can be compared.
"""

import json
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

DEVICE = torch.device("cuda" if sys.argv[1] == "best" and torch.cuda.is_available() else "cpu")


# Seeded numbers and weights, as src/measure/numbers.ts and src/build/models.ts make them.


def numbers(name, count, scale=1.0):
    seed = 0x811C9DC5
    for character in name:
        seed = ((seed ^ ord(character)) * 0x01000193) & 0xFFFFFFFF
    start = np.uint32((seed * 0x9E3779B9) & 0xFFFFFFFF)
    x = np.arange(count, dtype=np.uint32)
    with np.errstate(over="ignore"):
        x += start
        x = (x ^ (x >> np.uint32(16))) * np.uint32(0x21F0AAAD)
        x = (x ^ (x >> np.uint32(15))) * np.uint32(0xD35A2D97)
        x ^= x >> np.uint32(15)
    return (((x >> np.uint32(8)).astype(np.float64) / 2**23 - 1) * scale).astype(np.float32)


def array(name, *shape, scale=1.0):
    values = numbers(name, int(np.prod(shape)), scale).reshape(shape)
    return torch.from_numpy(values).to(DEVICE)


def seeded(name, *shape):
    if name.endswith("weight") and name.split(".")[-2].startswith("ln_"):
        return torch.ones(shape, device=DEVICE)
    if name.endswith("bias"):
        return torch.zeros(shape, device=DEVICE)
    inner = int(np.prod(shape[1:])) if len(shape) == 4 else shape[-1]
    return array(name, *shape, scale=(3 / inner) ** 0.5)


# openai/CLIP, model.py, on a dictionary of weights.


def norm(x, w, name):
    return F.layer_norm(x, x.shape[-1:], w[name + ".weight"], w[name + ".bias"])


def block(x, w, heads, prefix="", mask=None):
    """x [tokens, batch, width], as CLIP has it."""
    h = norm(x, w, prefix + "ln_1")
    mixed, _ = F.multi_head_attention_forward(
        h, h, h, h.shape[-1], heads, w[prefix + "attn.in_proj_weight"], w[prefix + "attn.in_proj_bias"],
        None, None, False, 0.0, w[prefix + "attn.out_proj.weight"], w[prefix + "attn.out_proj.bias"],
        need_weights=False, attn_mask=mask,
    )
    x = x + mixed
    h = F.linear(norm(x, w, prefix + "ln_2"), w[prefix + "mlp.c_fc.weight"], w[prefix + "mlp.c_fc.bias"])
    return x + F.linear(h * torch.sigmoid(1.702 * h), w[prefix + "mlp.c_proj.weight"], w[prefix + "mlp.c_proj.bias"])


def block_shapes(width):
    return {
        "ln_1.weight": [width], "ln_1.bias": [width],
        "attn.in_proj_weight": [3 * width, width], "attn.in_proj_bias": [3 * width],
        "attn.out_proj.weight": [width, width], "attn.out_proj.bias": [width],
        "ln_2.weight": [width], "ln_2.bias": [width],
        "mlp.c_fc.weight": [4 * width, width], "mlp.c_fc.bias": [4 * width],
        "mlp.c_proj.weight": [width, 4 * width], "mlp.c_proj.bias": [width],
    }


def transformer_shapes(prefix, layers, width):
    return {
        f"{prefix}.resblocks.{layer}.{name}": shape
        for layer in range(layers)
        for name, shape in block_shapes(width).items()
    }


def text_weights(sizes, vocabulary):
    width = sizes["textWidth"]
    shapes = {
        "positional_embedding": [sizes["contextLength"], width],
        "text_projection": [width, sizes["embedDim"]],
        **transformer_shapes("transformer", sizes["textLayers"], width),
        "token_embedding.weight": [vocabulary, width],
        "ln_final.weight": [width], "ln_final.bias": [width],
    }
    return {name: seeded(name, *shape) for name, shape in shapes.items()}


def encode_text(tokens, w, sizes):
    """tokens [batch, 77], the end-of-text token at `eot_positions`."""
    rows, eot_positions = tokens
    length = rows.shape[1]
    mask = torch.full((length, length), float("-inf"), device=DEVICE).triu_(1)
    x = F.embedding(rows, w["token_embedding.weight"]) + w["positional_embedding"]
    x = x.permute(1, 0, 2)
    for layer in range(sizes["textLayers"]):
        x = block(x, w, sizes["textHeads"], f"transformer.resblocks.{layer}.", mask)
    x = norm(x.permute(1, 0, 2), w, "ln_final")
    return x[torch.arange(x.shape[0]), eot_positions] @ w["text_projection"]


def image_weights(sizes):
    vision = sizes["vision"]
    width, patch = vision["width"], vision["patchSize"]
    shapes = {
        "visual.class_embedding": [width],
        "visual.positional_embedding": [(vision["imageResolution"] // patch) ** 2 + 1, width],
        "visual.proj": [width, sizes["embedDim"]],
        "visual.conv1.weight": [width, 3, patch, patch],
        **{f"visual.{name}.{part}": [width] for name in ["ln_pre", "ln_post"] for part in ["weight", "bias"]},
        **transformer_shapes("visual.transformer", vision["layers"], width),
    }
    return {name: seeded(name, *shape) for name, shape in shapes.items()}


def encode_image(pixels, w, vision):
    x = F.conv2d(pixels, w["visual.conv1.weight"], stride=vision["patchSize"]).flatten(2).permute(0, 2, 1)
    first = w["visual.class_embedding"].expand(x.shape[0], 1, -1)
    x = norm(torch.cat([first, x], 1) + w["visual.positional_embedding"], w, "visual.ln_pre").permute(1, 0, 2)
    for layer in range(vision["layers"]):
        x = block(x, w, vision["heads"], f"visual.transformer.resblocks.{layer}.")
    return norm(x.permute(1, 0, 2)[:, 0], w, "visual.ln_post") @ w["visual.proj"]


# Both stages of CLIP4Cir.


def loss_of(queries, targets):
    logits = 100 * F.normalize(queries) @ F.normalize(targets).T
    return F.cross_entropy(logits, torch.arange(len(logits), device=DEVICE))


class Original:
    """What CLIP4Cir encodes at every step, whether or not it has changed."""

    def __init__(self, work):
        self.sizes = work["sizes"]
        self.text = text_weights(self.sizes, work["clip4cir"]["vocabulary"])
        length = self.sizes["contextLength"]
        rows = torch.zeros(work["batch"], length, dtype=torch.long)
        for i, text in enumerate(work["texts"]):
            rows[i, : len(text)] = torch.tensor(text)
        self.tokens = rows.to(DEVICE), torch.tensor([len(text) - 1 for text in work["texts"]], device=DEVICE)
        if work["clip4cir"]["images"]:
            self.image = image_weights(self.sizes)
            side = self.sizes["vision"]["imageResolution"]
            self.pixels = array("pixels", work["batch"], 3, side, side)

    def encode_images(self):
        if hasattr(self, "image"):
            with torch.no_grad():
                for _ in ("reference", "target"):
                    encode_image(self.pixels, self.image, self.sizes["vision"])


def stage1(work):
    original = Original(work)
    for weight in original.text.values():
        weight.requires_grad_()
    optimizer = torch.optim.AdamW(
        original.text.values(), lr=work["learningRate"], eps=1e-7, weight_decay=work["weightDecay"]
    )
    reference, target = (array(name, work["batch"], original.sizes["embedDim"]) for name in ("reference", "target"))

    def step():
        optimizer.zero_grad(set_to_none=True)
        original.encode_images()
        loss = loss_of(reference + encode_text(original.tokens, original.text, original.sizes), target)
        loss.backward()
        optimizer.step()
        return loss

    return {"losses": [step().item() for _ in range(3)]}, step


def stage2(work):
    original = Original(work)
    sizes = work["combiner"]
    feature, projection, hidden = sizes["featureDim"], sizes["projectionDim"], sizes["hiddenDim"]
    layers = {
        "text_projection_layer": (projection, feature), "image_projection_layer": (projection, feature),
        "combiner_layer": (hidden, 2 * projection), "output_layer": (feature, hidden),
        "dynamic_scalar.0": (hidden, 2 * projection), "dynamic_scalar.3": (1, hidden),
    }
    w = {}
    for name, (out, inner) in layers.items():
        w[name + ".weight"] = seeded(name + ".weight", out, inner).requires_grad_()
        w[name + ".bias"] = seeded(name + ".bias", out).requires_grad_()
    optimizer = torch.optim.Adam(w.values(), lr=work["learningRate"])
    image, text, target = (array(name, work["batch"], feature) for name in ("reference", "text", "target"))

    def combine(drop):
        def layer(x, name):
            return F.linear(x, w[name + ".weight"], w[name + ".bias"])

        def dropped(x):
            return F.dropout(F.relu(x), drop)

        projected = layer(text, "text_projection_layer"), layer(image, "image_projection_layer")
        both = torch.cat([dropped(values) for values in projected], 1)
        mixed = layer(dropped(layer(both, "combiner_layer")), "output_layer")
        scalar = torch.sigmoid(layer(dropped(layer(both, "dynamic_scalar.0")), "dynamic_scalar.3"))
        return mixed + scalar * text + (1 - scalar) * image

    def step(drop=work["dropout"]):
        optimizer.zero_grad(set_to_none=True)
        original.encode_images()
        with torch.no_grad():
            encode_text(original.tokens, original.text, original.sizes)
        loss = loss_of(combine(drop), target)
        loss.backward()
        optimizer.step()
        return loss

    return {"losses": [step(0.0).item() for _ in range(3)]}, step


# Single ops.


def attend(qkv, heads):
    batch, tokens, width3 = qkv.shape
    q, k, v = (part.view(batch, tokens, heads, -1).transpose(1, 2) for part in qkv.split(width3 // 3, -1))
    if hasattr(F, "scaled_dot_product_attention"):
        mixed = F.scaled_dot_product_attention(q, k, v)
    else:
        mixed = torch.softmax(q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5, -1) @ v
    return mixed.transpose(1, 2).reshape(batch, tokens, -1)


def differentiated(f, inputs, cotangent, name_of):
    """The result of `f` and the gradients of its inputs."""

    def run():
        for value in inputs.values():
            value.grad = None
        y = f(*inputs.values())
        y.backward(cotangent)
        return y

    for value in inputs.values():
        value.requires_grad_()
    y = run()
    gradients = {name_of(name): value.grad for name, value in inputs.items()}
    return {"y": y, **gradients}, run


def plain(f, name="y"):
    return {name: f()}, f


def matmul(work):
    layout, rows, inner, columns = work["layout"], work["rows"], work["inner"], work["columns"]
    a = array("a", *((inner, rows) if layout[0] == "T" else (rows, inner)))
    b = array("b", *((columns, inner) if layout[1] == "T" else (inner, columns)))
    a, b = (a.T if layout[0] == "T" else a), (b.T if layout[1] == "T" else b)
    return plain(lambda: a @ b)


def half_matmul(work):
    if DEVICE.type != "cuda":
        raise RuntimeError("PyTorch multiplies halves on a card only")
    a, b = array("a", work["rows"], work["inner"]).half(), array("b", work["inner"], work["columns"]).half()
    return plain(lambda: a @ b)


def layernorm(work):
    x, width = array("x", work["rows"], work["width"]), work["width"]
    weight, bias = array("weight", width), array("bias", width)
    return plain(lambda: F.layer_norm(x, [width], weight, bias))


def softmax(work):
    x = array("x", work["rows"], work["columns"], scale=4)
    return plain(lambda: torch.softmax(x, -1))


def attention(work):
    width = work["heads"] * work["headSize"]
    qkv = array("qkv", work["batch"], work["tokens"], 3 * width)
    if not work["backward"]:
        return plain(lambda: attend(qkv, work["heads"]))
    cotangent = array("cotangent", work["batch"], work["tokens"], width)
    return differentiated(lambda x: attend(x, work["heads"]), {"qkv": qkv}, cotangent, lambda _: "gradient")


def whole_block(work):
    shape = work["batch"], work["tokens"], work["width"]
    names = block_shapes(work["width"])
    inputs = {"x": array("x", *shape), **{name: seeded(name, *size) for name, size in names.items()}}

    def f(x, *weights):
        return block(x.transpose(0, 1), dict(zip(names, weights)), work["heads"]).transpose(0, 1)

    if not work["backward"]:
        return plain(lambda: f(*inputs.values()))
    return differentiated(f, inputs, array("cotangent", *shape), lambda name: "gradient of " + name)


def search(work):
    images, width = work["images"], work["width"]
    gallery, queries = F.normalize(array("gallery", images, width)), array("queries", work["queries"], width)
    return plain(lambda: torch.topk(queries @ gallery.T, work["k"]).indices, "images")


WORKS = {
    "matmul": matmul, "half-matmul": half_matmul, "layernorm": layernorm, "softmax": softmax,
    "attention": attention, "block": whole_block,
    "search": search, "stage1": stage1, "stage2": stage2,
}


def picked(values):
    if isinstance(values, list):
        return values
    flat = values.detach().reshape(-1)
    return flat[:: max(1, -(-len(flat) // 1024))].tolist()


def timed(run, times):
    start = time.perf_counter()
    with torch.set_grad_enabled(True):
        for _ in range(times):
            last = run()
    last.reshape(-1)[0].item()  # waits for a card
    return 1000 * (time.perf_counter() - start)


def best_threads(run):
    """Small work is slower on two threads than on one: takes the better number, as a user would."""
    if DEVICE.type == "cuda":
        return
    max_threads = torch.get_num_threads()
    times = 1 if timed(run, 1) > 1000 else 5
    milliseconds = {}
    for threads in sorted({1, max_threads}):
        torch.set_num_threads(threads)
        milliseconds[threads] = timed(run, times)
    torch.set_num_threads(min(milliseconds, key=milliseconds.get))


def reference_blas():
    """Whether products run on the reference BLAS, some thirty times as slow as the optimized ones in use."""
    if DEVICE.type == "cuda" or "BLAS_INFO=generic" not in torch.__config__.show():
        return False
    torch.rand(2, 2) @ torch.rand(2, 2)
    try:
        with open("/proc/self/maps") as maps:
            loaded = maps.read()
            return not any(name in loaded for name in ("openblas", "blis", "atlas", "mkl"))
    except OSError:
        return False


def main():
    all_threads = torch.get_num_threads()
    run = None

    def reply(message):
        print(json.dumps(message), flush=True)

    if reference_blas():
        reply({"unable": "this PyTorch multiplies with the reference BLAS, which is no peer: apt install libopenblas0"})
        return
    reply({"ready": f"PyTorch {torch.__version__} {DEVICE.type}"})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "prepare":
                torch.set_num_threads(all_threads)
                result, run = WORKS[request["work"]["kind"]](request["work"])
                best_threads(run)
                reply({"result": {name: picked(values) for name, values in result.items()}})
            elif request["do"] == "time":
                reply({"milliseconds": timed(run, request["times"])})
            else:
                run = None
                reply({})
        except Exception as error:  # a peer that cannot do a piece of work says why, and goes on with the next
            reply({"error": f"{type(error).__name__}: {error}".splitlines()[0]})


main()
