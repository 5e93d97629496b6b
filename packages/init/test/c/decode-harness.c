/*
 * Feeds mutated requests to the decoders: `decode-harness CORPUS COUNT SEED`. CORPUS is a file of requests, one after the other. Built
 * with sanitizers, which end it at the first access that is not allowed. Prints how many requests were accepted and how many refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/c/decode.h"
#include "../../src/c/protocol.h"

#define MAX_REQUESTS 256
#define MAX_SIZE (1u << 20)

struct piece {
  const uint8_t *at;
  uint32_t size;
};

static uint64_t state;

static uint32_t random_below(uint32_t limit) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return limit == 0 ? 0 : (uint32_t)(state >> 16) % limit;
}

/* Lengths and counts at which arithmetic goes wrong, beside those that are right. */
static uint32_t telling_number(uint32_t size) {
  const uint32_t numbers[] = {0, 1, 4, 5, 0x7f, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0x3fffffff,
                              0x33333333, size, size - 1, size + 1, size / 2};
  return numbers[random_below(sizeof numbers / sizeof numbers[0])];
}

static uint32_t mutate(uint8_t *bytes, uint32_t size, const struct piece *other) {
  for (uint32_t rounds = 1 + random_below(6); rounds > 0 && size > 24; rounds--) {
    uint32_t at = 20 + random_below(size - 20);
    uint32_t number = telling_number(size);
    switch (random_below(7)) {
    case 0:
      bytes[at] ^= (uint8_t)(1u << random_below(8));
      break;
    case 1:
      bytes[at] = (uint8_t)random_below(256);
      break;
    case 2: /* a whole word, where words are */
      at = 20 + (at - 20) / 4 * 4;
      if (at + 4 <= size) memcpy(bytes + at, &number, 4);
      break;
    case 3:
      if (at + 4 <= size) memcpy(bytes + at, &number, 4);
      break;
    case 4:
      size = at;
      break;
    case 5: { /* repeat a part */
      uint32_t length = random_below(64);
      if (length > size - at) length = size - at;
      if (size + length > MAX_SIZE) break;
      memmove(bytes + at + length, bytes + at, size - at);
      size += length;
      break;
    }
    case 6: { /* a part of another request */
      uint32_t length = random_below(other->size), from = random_below(other->size - length);
      if (length > size - at) length = size - at;
      memcpy(bytes + at, other->at + from, length);
      break;
    }
    }
  }
  return size;
}

/* Reads everything that a decoded plan refers to. */
static uint64_t touch(const struct teu_plan *plan) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < plan->count; i++) {
    const struct teu_step *step = &plan->steps[i];
    const struct teu_layout *layout = &teu_layouts[step->op];
    for (uint8_t f = 0; f < layout->count; f++) {
      const uint8_t *field = (const uint8_t *)&step->u + layout->fields[f].offset;
      switch ((enum teu_field_type)layout->fields[f].type) {
      case TEU_FIELD_STR:
        sum += strlen(*(const char *const *)(const void *)field);
        break;
      case TEU_FIELD_BYTES: {
        const struct teu_bytes *bytes = (const void *)field;
        for (uint32_t b = 0; b <= bytes->size; b++) sum += bytes->data[b];
        break;
      }
      case TEU_FIELD_STRS: {
        const struct teu_strs *strings = (const void *)field;
        for (uint32_t s = 0; s < strings->count; s++) sum += strlen(strings->items[s]);
        if (strings->items[strings->count] != NULL) abort();
        break;
      }
      case TEU_FIELD_U32S: {
        const struct teu_u32s *numbers = (const void *)field;
        for (uint32_t n = 0; n < numbers->count; n++) sum += numbers->items[n];
        break;
      }
      case TEU_FIELD_SLOT: {
        int32_t slot = *(const int32_t *)(const void *)field;
        if (slot < TEU_NO_SLOT || slot >= TEU_SLOT_COUNT) abort();
        break;
      }
      default:
        sum += *field;
      }
    }
  }
  return sum;
}

static bool accepts(const uint8_t *bytes, uint32_t size, uint64_t *sum) {
  struct request request = {0};
  if (size < sizeof request.header) return false;
  memcpy(&request.header, bytes, sizeof request.header);
  request.size = size - sizeof request.header;
  request.body = malloc(request.size); /* exactly as much: one byte too many is found */
  if (request.size > 0) memcpy(request.body, bytes + sizeof request.header, request.size);
  bool accepted = false;
  if (request.header.kind == TEU_REQUEST_PIPE) {
    struct pipe_request pipe;
    accepted = decode_pipe(&request, &pipe);
    if (accepted) *sum += strlen(pipe.path);
  } else {
    struct teu_plan plan;
    uint32_t culprit;
    accepted = decode_plan(request.body, request.size, &plan, &culprit) == 0;
    if (accepted) {
      *sum += touch(&plan);
      free_plan(&plan);
    }
  }
  free(request.body);
  return accepted;
}

static uint32_t split(const uint8_t *corpus, size_t size, struct piece pieces[MAX_REQUESTS]) {
  uint32_t count = 0;
  for (size_t at = 0; at + 20 <= size && count < MAX_REQUESTS; at += pieces[count++].size) {
    memcpy(&pieces[count].size, corpus + at, 4);
    pieces[count].at = corpus + at;
    if (pieces[count].size < 20 || pieces[count].size > size - at || pieces[count].size > MAX_SIZE / 2) abort();
  }
  return count;
}

int main(int argc, char *argv[]) {
  static uint8_t corpus[MAX_SIZE * 8], bytes[MAX_SIZE + 64];
  static struct piece pieces[MAX_REQUESTS];
  if (argc != 4) return 2;
  FILE *file = fopen(argv[1], "rb");
  if (file == NULL) return 2;
  size_t size = fread(corpus, 1, sizeof corpus, file);
  (void)fclose(file);
  uint32_t requests = split(corpus, size, pieces);
  uint64_t accepted = 0, refused = 0, sum = 0;
  for (uint32_t i = 0; i < requests; i++)
    if (!accepts(pieces[i].at, pieces[i].size, &sum)) return 3; /* the corpus itself is right */
  state = strtoull(argv[3], NULL, 10) * 2654435761u + 1;
  for (uint64_t count = strtoull(argv[2], NULL, 10); count > 0; count--) {
    const struct piece *piece = &pieces[random_below(requests)];
    memcpy(bytes, piece->at, piece->size);
    uint32_t length = mutate(bytes, piece->size, &pieces[random_below(requests)]);
    if (accepts(bytes, length, &sum))
      accepted++;
    else
      refused++;
  }
  printf("%llu accepted, %llu refused (%llx)\n", (unsigned long long)accepted, (unsigned long long)refused, (unsigned long long)sum);
  return 0;
}
