// SPDX-License-Identifier: EUPL-1.2
// Somebody on the path who has no key and hears everything.
//   hostile INTERFACE SERVER FIRST LAST COUNT SOURCE
// Notes the datagrams of the port test that leave INTERFACE until a line comes on stdin; then sends COUNT from SOURCE,
// in turn: made up, as heard, cut off, and with more behind. Prints `SENT SECONDS ANSWERS HEARD`.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { kMostHeard = 8192, kLongest = 1472, kGreeting = 160, kOwnPort = 17881 };
static const unsigned char kMagic[4] = {0xf4, 0x4c, 0x4b, 0x44};

struct Heard {
  uint16_t port, size;
  unsigned char bytes[256];
};
static struct Heard heard[kMostHeard];
static unsigned heard_count;

static void die(const char* what) {
  perror(what);
  exit(1);
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t state = 88172645463325252ULL;
static uint32_t chance(void) {  // xorshift
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 16);
}

static void note(const unsigned char* packet, ssize_t size) {
  const size_t before = (packet[0] & 15U) * 4 + sizeof(struct udphdr);
  if (size < (ssize_t)before + 36 || packet[9] != IPPROTO_UDP || heard_count == kMostHeard) return;
  const size_t payload = (size_t)size - before;
  if (memcmp(packet + before, kMagic, sizeof kMagic) != 0 || payload > sizeof heard[0].bytes) return;
  struct Heard* one = &heard[heard_count++];
  one->port = (uint16_t)(packet[before - 6] << 8 | packet[before - 5]);
  one->size = (uint16_t)payload;
  memcpy(one->bytes, packet + before, payload);
}

static void listen_until_told(const char* interface) {
  const int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL));
  const struct sockaddr_ll place = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
                                    .sll_ifindex = (int)if_nametoindex(interface)};
  if (fd < 0 || bind(fd, (const struct sockaddr*)&place, sizeof place) != 0) die("packet socket");
  static unsigned char packet[65536];
  struct pollfd polled[2] = {{.fd = fd, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
  printf("listening\n");
  fflush(stdout);
  while (polled[1].revents == 0) {
    if (poll(polled, 2, -1) < 0) die("poll");
    struct sockaddr_ll from;
    socklen_t length = sizeof from;
    const ssize_t size = recvfrom(fd, packet, sizeof packet, MSG_DONTWAIT, (struct sockaddr*)&from, &length);
    if (size > 20 && from.sll_pkttype == PACKET_OUTGOING) note(packet, size);
  }
  close(fd);
}

/// Its length; the port to send it to.
static size_t make(unsigned kind, unsigned char* into, uint16_t* port) {
  const struct Heard* one = &heard[chance() % heard_count];
  *port = one->port;
  memcpy(into, one->bytes, one->size);
  switch (kind) {
    case 0:  // greeting or probe, by a key or a session that is not; every other one by one that is, with a wrong MAC
      if (chance() % 2) {
        memcpy(into, kMagic, sizeof kMagic);
        into[4] = 1;
        into[5] = chance() % 2 ? 1 : 3;
        for (size_t i = 8; i < kGreeting; ++i) into[i] = (unsigned char)chance();
        return kGreeting;
      }
      into[one->size - 1] ^= (unsigned char)(1 + chance() % 255);
      return one->size;
    case 1:
      return one->size;
    case 2:
      return chance() % one->size;
    default: {
      const size_t size = one->size + 1U + chance() % (kLongest - one->size);
      for (size_t i = one->size; i < size; ++i) into[i] = (unsigned char)i;
      return size;
    }
  }
}

int main(int argc, char** argv) {
  if (argc != 7) {
    fprintf(stderr, "usage: hostile INTERFACE SERVER FIRST LAST COUNT SOURCE\n");
    return 64;
  }
  listen_until_told(argv[1]);
  if (heard_count == 0) die("nothing was heard");
  const uint16_t first = (uint16_t)atoi(argv[3]), last = (uint16_t)atoi(argv[4]);
  const long count = atol(argv[5]);
  struct sockaddr_in server = {.sin_family = AF_INET}, source = {.sin_family = AF_INET};
  inet_pton(AF_INET, argv[2], &server.sin_addr);
  inet_pton(AF_INET, argv[6], &source.sin_addr);
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0 || bind(fd, (struct sockaddr*)&source, sizeof source) != 0) die("bind");
  unsigned char bytes[kLongest], answer[2048];
  long answers = 0, sent = 0;
  const double begun = seconds();
  for (; sent < count; ++sent) {
    uint16_t port = 0;
    const size_t size = make((unsigned)sent % 4, bytes, &port);
    if (sent % 16 == 0) port = sent % 32 ? kOwnPort : (uint16_t)(first + chance() % (last - first + 1U));
    server.sin_port = htons(port);
    sendto(fd, bytes, size, 0, (struct sockaddr*)&server, sizeof server);
    while (sent % 64 == 0 && recv(fd, answer, sizeof answer, MSG_DONTWAIT) >= 0) ++answers;
  }
  const double took = seconds() - begun;
  const struct timeval patience = {.tv_sec = 1};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  while (recv(fd, answer, sizeof answer, 0) >= 0) ++answers;
  printf("%ld %.2f %ld %u\n", sent, took, answers, heard_count);
  return 0;
}
