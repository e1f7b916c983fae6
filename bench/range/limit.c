// SPDX-License-Identifier: EUPL-1.2
// What a two-sided sweep costs at least: no keys, no rounds, nothing judged.
//   limit echo FIRST LAST                         answers every datagram to these ports, from a raw socket
//   limit send ADDRESS FIRST LAST PACE BYTES      one datagram to each port at this pace; prints `ANSWERED MILLISECONDS`
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { kBuffer = 1 << 20, kDatagram = 2048 };

static void die(const char* what) {
  perror(what);
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int open_socket(int type, int protocol) {
  const int size = kBuffer;
  const int fd = socket(AF_INET, type, protocol);
  if (fd < 0) die("socket");
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  return fd;
}

static void echo(int first, int last) {
  const int fd = open_socket(SOCK_RAW, IPPROTO_UDP);
  static unsigned char bytes[kDatagram];
  for (;;) {
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    const ssize_t size = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr*)&peer, &length);
    const size_t before = (bytes[0] & 15U) * 4;
    if (size < (ssize_t)(before + sizeof(struct udphdr))) continue;
    struct udphdr* header = (struct udphdr*)(bytes + before);
    const int port = ntohs(header->dest);
    if (port < first || port > last) continue;
    header->dest = header->source;
    header->source = htons((uint16_t)port);
    header->check = 0;  // RFC 768: none
    sendto(fd, header, (size_t)size - before, 0, (struct sockaddr*)&peer, length);
  }
}

static int send_all(const char* address, int first, int last, double pace, size_t bytes) {
  const int64_t kPatience = 500 * INT64_C(1000000);
  const int fd = open_socket(SOCK_DGRAM, 0);
  static unsigned char datagram[kDatagram], heard[65536];
  struct sockaddr_in peer = {.sin_family = AF_INET};
  if (inet_pton(AF_INET, address, &peer.sin_addr) != 1) die(address);
  const int64_t begun = now_ns();
  int64_t latest = begun;
  const int wanted = last - first + 1;
  int sent = 0, answered = 0;
  while (answered < wanted && (sent < wanted || now_ns() - latest < kPatience)) {
    const int64_t due = (int64_t)((double)(now_ns() - begun) * pace / 1e9) + 1;
    for (; sent < wanted && sent < due; ++sent) {
      peer.sin_port = htons((uint16_t)(first + sent));
      sendto(fd, datagram, bytes, 0, (struct sockaddr*)&peer, sizeof peer);
    }
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    const struct timespec pause = {.tv_nsec = sent < wanted ? (long)(1e9 / pace) : 50000000};
    ppoll(&polled, 1, &pause, NULL);
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    while (recvfrom(fd, datagram + bytes, sizeof datagram - bytes, MSG_DONTWAIT, (struct sockaddr*)&from, &length) > 0) {
      const int port = ntohs(from.sin_port);
      answered += heard[port] == 0;
      heard[port] = 1;
      latest = now_ns();
    }
  }
  printf("%d %.1f\n", answered, (double)(latest - begun) / 1e6);
  return 0;
}

int main(int argc, char** argv) {
  if (argc == 4 && strcmp(argv[1], "echo") == 0) echo(atoi(argv[2]), atoi(argv[3]));
  if (argc == 7 && strcmp(argv[1], "send") == 0)
    return send_all(argv[2], atoi(argv[3]), atoi(argv[4]), atof(argv[5]), (size_t)atoi(argv[6]));
  fprintf(stderr, "usage: limit echo FIRST LAST | limit send ADDRESS FIRST LAST PACE BYTES\n");
  return 64;
}
