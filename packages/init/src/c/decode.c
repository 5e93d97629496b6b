/* Reading a plan out of a request. The layouts of the steps come from steps.gen.c. */
#include "decode.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the wire is little-endian");

struct reader {
  const uint8_t *at;
  size_t left;
};

/* Lists of a plan are kept in one piece of memory, sized before the first step is read: see arena_size. */
struct arena {
  uint8_t *at;
  size_t left;
};

static bool take(struct reader *reader, void *to, size_t size) {
  if (reader->left < size) return false;
  memcpy(to, reader->at, size);
  reader->at += size;
  reader->left -= size;
  return true;
}

static bool take_u32(struct reader *reader, uint32_t *value) { return take(reader, value, sizeof *value); }

/* Bytes with a length before and a NUL behind them. */
static bool take_bytes(struct reader *reader, struct teu_bytes *bytes) {
  uint32_t size;
  if (!take_u32(reader, &size) || reader->left < 1 || size > reader->left - 1 || reader->at[size] != 0) return false;
  *bytes = (struct teu_bytes){reader->at, size};
  reader->at += (size_t)size + 1;
  reader->left -= (size_t)size + 1;
  return true;
}

/* A string has no NUL inside: what was checked in one language must not be read shorter in the other. */
static bool take_string(struct reader *reader, const char **string) {
  struct teu_bytes bytes;
  if (!take_bytes(reader, &bytes) || memchr(bytes.data, 0, bytes.size) != NULL) return false;
  *string = (const char *)bytes.data;
  return true;
}

static void *arena_take(struct arena *arena, size_t size) {
  size = (size + 7) & ~(size_t)7;
  if (arena->left < size) return NULL;
  void *memory = arena->at;
  arena->at += size;
  arena->left -= size;
  return memory;
}

static bool take_strings(struct reader *reader, struct arena *arena, struct teu_strs *strings) {
  uint32_t count;
  /* five bytes are the least that a string takes, so the count is bounded by what is there */
  if (!take_u32(reader, &count) || count > reader->left / 5) return false;
  strings->items = arena_take(arena, ((size_t)count + 1) * sizeof *strings->items);
  if (strings->items == NULL) return false;
  for (uint32_t i = 0; i < count; i++) {
    const char *item;
    if (!take_string(reader, &item)) return false;
    strings->items[i] = (char *)(uintptr_t)item; /* execve wants it without const */
  }
  strings->items[count] = NULL;
  strings->count = count;
  return true;
}

static bool take_numbers(struct reader *reader, struct arena *arena, struct teu_u32s *numbers) {
  uint32_t count;
  if (!take_u32(reader, &count) || count > reader->left / 4) return false;
  uint32_t *items = arena_take(arena, (size_t)count * sizeof *items);
  if (items == NULL || !take(reader, items, (size_t)count * sizeof *items)) return false;
  *numbers = (struct teu_u32s){count, items};
  return true;
}

static bool take_slot(struct reader *reader, int32_t *slot) {
  return take(reader, slot, sizeof *slot) && *slot >= TEU_NO_SLOT && *slot < TEU_SLOT_COUNT;
}

static bool take_bool(struct reader *reader, bool *value) {
  uint32_t number;
  if (!take_u32(reader, &number) || number > 1) return false;
  *value = number == 1;
  return true;
}

static bool take_field(struct reader *reader, struct arena *arena, enum teu_field_type type, void *to) {
  switch (type) {
  case TEU_FIELD_U32:
  case TEU_FIELD_I32:
    return take(reader, to, 4);
  case TEU_FIELD_U64:
    return take(reader, to, 8);
  case TEU_FIELD_BOOL:
    return take_bool(reader, to);
  case TEU_FIELD_SLOT:
    return take_slot(reader, to);
  case TEU_FIELD_STR:
    return take_string(reader, to);
  case TEU_FIELD_BYTES:
    return take_bytes(reader, to);
  case TEU_FIELD_STRS:
    return take_strings(reader, arena, to);
  case TEU_FIELD_U32S:
    return take_numbers(reader, arena, to);
  }
  return false;
}

static bool take_step(struct reader *plan, struct arena *arena, uint32_t index, struct teu_step *step) {
  uint32_t size, wire_index;
  uint16_t op, stage;
  if (!take_u32(plan, &size) || size < 4 || size - 4 > plan->left) return false;
  struct reader reader = {plan->at, size - 4};
  plan->at += size - 4;
  plan->left -= size - 4;
  if (!take(&reader, &op, sizeof op) || !take(&reader, &stage, sizeof stage) || !take_u32(&reader, &wire_index)) return false;
  if (op >= TEU_OP_LIMIT || !teu_layouts[op].known || stage > TEU_STAGE_AFTER || wire_index != index) return false;
  step->op = (enum teu_op)op;
  step->stage = (enum teu_stage)stage;
  step->index = index;
  const struct teu_layout *layout = &teu_layouts[op];
  for (uint8_t i = 0; i < layout->count; i++) {
    const struct teu_field *field = &layout->fields[i];
    if (!take_field(&reader, arena, (enum teu_field_type)field->type, (uint8_t *)&step->u + field->offset)) return false;
  }
  return reader.left == 0;
}

/* What must hold between steps, so that the stages can rely on it. Returns false and leaves `*culprit` at the step in question. */
static bool goes_together(const struct teu_plan *plan, uint32_t *culprit) {
  const struct teu_step *clone = NULL, *last_parent = NULL, *last = NULL;
  for (uint32_t i = 0; i < plan->count; i++) {
    const struct teu_step *step = &plan->steps[i];
    *culprit = i;
    if (last != NULL && step->stage < last->stage) return false;
    bool ends = last_parent != NULL && (last_parent->op == TEU_OP_SUPERVISE || last_parent->op == TEU_OP_DETACH);
    switch (step->stage) {
    case TEU_STAGE_PARENT:
      if (ends || step->op == TEU_OP_EXEC || step->op == TEU_OP_GATE) return false;
      if (step->op == TEU_OP_CLONE) {
        if (clone != NULL) return false;
        clone = step;
      }
      if ((step->op == TEU_OP_SUPERVISE || step->op == TEU_OP_DETACH) && clone == NULL) return false;
      last_parent = step;
      break;
    case TEU_STAGE_JOINER:
      if (!ends || step->op == TEU_OP_SIGNAL || step->op == TEU_OP_WAIT || step->op == TEU_OP_EXEC) return false;
      __attribute__((fallthrough));
    case TEU_STAGE_CONTAINER:
      if (!ends || step->op == TEU_OP_CLONE || step->op == TEU_OP_SUPERVISE || step->op == TEU_OP_DETACH) return false;
      if (last->op == TEU_OP_EXEC) return false;
      break;
    case TEU_STAGE_AFTER:
      if (clone != NULL && last_parent->op != TEU_OP_SUPERVISE) return false;
      break;
    }
    /* the container stage has no other end than exec */
    if (last != NULL && last->stage == TEU_STAGE_CONTAINER && step->stage != TEU_STAGE_CONTAINER && last->op != TEU_OP_EXEC) return false;
    last = step;
  }
  if (clone == NULL) return true;
  if (last_parent->op != TEU_OP_SUPERVISE && last_parent->op != TEU_OP_DETACH) return false;
  for (uint32_t i = plan->count; i > 0; i--) {
    *culprit = i - 1;
    if (plan->steps[i - 1].stage != TEU_STAGE_AFTER) return plan->steps[i - 1].op == TEU_OP_EXEC;
  }
  return false;
}

/* A list takes at most twice its wire size: n strings have 4 + 5n bytes there and 8 (n + 1) here, n numbers 4 + 4n there and at most
 * 4n + 4 here. */
static size_t arena_size(uint32_t count, size_t size) { return (size_t)count * sizeof(struct teu_step) + 2 * size + 64; }

int decode_plan(const uint8_t *body, size_t size, struct teu_plan *plan, uint32_t *culprit) {
  struct reader reader = {body, size};
  uint32_t count;
  *culprit = UINT32_MAX;
  if (!take_u32(&reader, &count)) return EPROTO;
  if (count > TEU_MAX_STEPS) return E2BIG;
  if (count > reader.left / 12) return EPROTO;
  struct arena arena = {.left = arena_size(count, size)};
  size_t mapped = arena.left;
  void *memory = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return ENOMEM;
  arena.at = memory;
  struct teu_step *steps = arena_take(&arena, (size_t)count * sizeof *steps);
  *plan = (struct teu_plan){count, steps, mapped};
  int error = 0;
  for (uint32_t i = 0; i < count && error == 0; i++) {
    *culprit = i;
    if (!take_step(&reader, &arena, i, &steps[i])) error = EPROTO;
  }
  if (error == 0 && reader.left != 0) error = EPROTO;
  if (error == 0 && !goes_together(plan, culprit)) error = EINVAL;
  if (error != 0) free_plan(plan);
  return error;
}

void free_plan(struct teu_plan *plan) {
  (void)munmap((void *)(uintptr_t)plan->steps, plan->arena_size);
  *plan = (struct teu_plan){0};
}
