// SPDX-License-Identifier: EUPL-1.2
// A wire with a length, for kernels without netem: relays frames between two interfaces, each one later by the delay.
//   wire IF_A IF_B DELAY_MICROSECONDS
// PACKET_VNET_HDR carries what the sender left undone (checksum, segmentation) from one interface to the other.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { kSlots = 4096, kFrame = 66000 };  // a segmented frame is at most 64 KiB

struct Frame {
  int64_t due_ns;
  uint32_t length;
  unsigned char* bytes;
};

struct Direction {
  struct Frame slots[kSlots];
  uint32_t head, tail;
};

static struct Direction directions[2];

static void die(const char* what) {
  perror(what);
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int open_interface(const char* name) {
  const int one = 1;
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
  if (fd < 0) die("socket");
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
                                .sll_ifindex = (int)if_nametoindex(name)};
  if (address.sll_ifindex == 0) die(name);
  struct packet_mreq promiscuous = {.mr_ifindex = address.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
  if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof one) != 0) die("PACKET_VNET_HDR");
  if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) != 0) die("PACKET_IGNORE_OUTGOING");
  if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous) != 0) die("promiscuous");
  if (bind(fd, (struct sockaddr*)&address, sizeof address) != 0) die("bind");
  return fd;
}

static void take(int fd, struct Direction* way, int64_t delay_ns) {
  static unsigned char buffer[kFrame];
  for (;;) {
    const ssize_t length = recv(fd, buffer, sizeof buffer, 0);
    if (length <= 0) return;
    if (way->tail - way->head == kSlots) continue;  // as a full queue does
    struct Frame* frame = &way->slots[way->tail % kSlots];
    frame->bytes = malloc((size_t)length);
    if (frame->bytes == NULL) die("malloc");
    memcpy(frame->bytes, buffer, (size_t)length);
    frame->length = (uint32_t)length;
    frame->due_ns = now_ns() + delay_ns;
    way->tail++;
  }
}

static int64_t hand_on(int fd, struct Direction* way) {
  while (way->head != way->tail) {
    struct Frame* frame = &way->slots[way->head % kSlots];
    const int64_t left = frame->due_ns - now_ns();
    if (left > 0) return left;
    if (send(fd, frame->bytes, frame->length, 0) < 0 && errno == EAGAIN) return 50000;
    free(frame->bytes);
    way->head++;
  }
  return INT64_C(1000000000);
}

int main(int argc, char** argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: wire IF_A IF_B DELAY_MICROSECONDS\n");
    return 64;
  }
  const int fds[2] = {open_interface(argv[1]), open_interface(argv[2])};
  const int64_t delay_ns = atoll(argv[3]) * 1000;
  struct pollfd polled[2] = {{.fd = fds[0], .events = POLLIN}, {.fd = fds[1], .events = POLLIN}};
  for (;;) {
    const int64_t a = hand_on(fds[1], &directions[0]);
    const int64_t b = hand_on(fds[0], &directions[1]);
    const int64_t wait = a < b ? a : b;
    const struct timespec pause = {.tv_sec = wait / 1000000000, .tv_nsec = wait % 1000000000};
    if (ppoll(polled, 2, &pause, NULL) < 0 && errno != EINTR) die("ppoll");
    take(fds[0], &directions[0], delay_ns);
    take(fds[1], &directions[1], delay_ns);
  }
}
