// SPDX-License-Identifier: EUPL-1.2
#include <cstdlib>
#include <lkdoctor/proto/data_channel.hpp>

#include "pieces.hpp"

using namespace lkdoctor;

namespace {

constexpr std::size_t kHeader = 12;  // RFC 9260 §3.1: ports, verification tag, checksum

/// The stack is one per process and compares its timers with the real clock: time only goes on.
Clock::time_point later(int milliseconds) {
  static Clock::time_point time = Clock::now();
  return time += Milliseconds(milliseconds);
}

// RFC 9260 appendix A: CRC32c, written with its lowest byte first.
void put_checksum(Bytes& packet) {
  constexpr std::uint32_t kPolynomial = 0x82f6'3b78;
  std::fill_n(packet.begin() + 8, 4, std::uint8_t{0});
  std::uint32_t crc = ~0U;
  for (const std::uint8_t byte : packet) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? kPolynomial : 0U);
  }
  for (unsigned i = 0; i < 4; ++i) packet[8 + i] = static_cast<std::uint8_t>(~crc >> (8 * i));
}

std::uint32_t u32_at(ByteView bytes, std::size_t at) {
  return at + 4 <= bytes.size() ? Reader(bytes.subspan(at)).u32() : 0;
}
void put_u32(Bytes& bytes, std::size_t at, std::uint32_t value) {
  const Bytes word = Writer().u32(value).take();
  if (at + 4 <= bytes.size())
    std::copy(word.begin(), word.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

/// Calls `use` with the type and the place of each chunk (RFC 9260 §3.2).
template <class Use>
void each_chunk(ByteView packet, Use use) {
  for (std::size_t at = kHeader; at + 4 <= packet.size();) {
    const std::size_t length = Reader(packet.subspan(at + 2)).u16();
    use(packet[at], at);
    at += std::max<std::size_t>(4, (length + 3) / 4 * 4);
  }
}

/// The numbers that a peer on the path knows and no input can: they are new in each association.
struct Numbers {
  std::uint32_t tag = 0;     ///< that the target wants to see
  std::uint32_t theirs = 0;  ///< the sequence number that the target expects next
  std::uint32_t ours = 0;    ///< the one that the target writes next

  /// `by_target`: the target wrote the packet, else it is about to read it.
  void note(ByteView packet, bool by_target) {
    std::uint32_t& sequence = by_target ? ours : theirs;
    if (!by_target && u32_at(packet, 4) != 0) tag = u32_at(packet, 4);
    each_chunk(packet, [&](std::uint8_t type, std::size_t at) {
      const bool initial = type == 1 || type == 2;
      if (initial && by_target) tag = u32_at(packet, at + 4);
      if (initial) sequence = u32_at(packet, at + 16);
      if (type == 0) sequence = u32_at(packet, at + 4) + 1;
    });
  }
  /// Makes the sequence numbers of a packet, which count from zero, those of this association.
  void apply(Bytes& packet) const {
    put_u32(packet, 0, 5000U << 16U | 5000U);
    put_u32(packet, 4, packet[kHeader] == 1 ? 0 : tag);  // RFC 9260 §8.5.1: an INIT has none
    Bytes out = packet;
    each_chunk(packet, [&](std::uint8_t type, std::size_t at) {
      const bool counts = type == 0 || type == 0x40 || type == 0xc0 || type == 0xc2 || type == 0xc1;
      if (counts) put_u32(out, at + 4, u32_at(packet, at + 4) + theirs);
      if (type == 3) put_u32(out, at + 4, u32_at(packet, at + 4) + ours);
      if (type == 0x82) put_u32(out, at + 8, u32_at(packet, at + 8) + theirs);  // RFC 6525 §4.1
    });
    packet = std::move(out);
    put_checksum(packet);
  }
};

void deliver(proto::DataChannels& from, proto::DataChannels& to, Numbers& numbers, bool by_target) {
  while (auto packet = from.take()) {
    numbers.note(*packet, by_target);
    to.feed(*packet, later(0));
  }
}

/// An association with an honest peer, which then falls silent.
void shake_hands(proto::DataChannels& target, bool client, Numbers& numbers) {
  proto::DataChannels peer(!client);
  peer.start(later(1));
  peer.open("theirs");
  for (int turn = 0; turn < 8; ++turn) {
    deliver(target, peer, numbers, true);
    deliver(peer, target, numbers, false);
    target.on_timer(later(10));
    peer.on_timer(later(10));
  }
  if (target.state() != proto::SctpState::open || target.find("theirs") == nullptr) std::abort();
  const auto stream = peer.channels().front().stream;
  (void)peer.send(stream, Bytes(3, 7));
  deliver(peer, target, numbers, false);
}

void check(proto::DataChannels& target) {
  if (target.channels().size() > 33) std::abort();
  for (const auto& channel : target.channels()) (void)target.find(channel.label);
  while (const auto message = target.receive()) {
    if (message->data.size() > 65'536) std::abort();
  }
}

}  // namespace

/// The first byte: our role, whether an honest peer opened the association, whether packets get a right
/// header (else they are fed as they are). Then packets.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool client = (data[0] & 1U) != 0, honest = (data[0] & 2U) != 0, raw = (data[0] & 4U) != 0;
  proto::DataChannels target(client);
  Numbers numbers;
  target.start(later(1));
  target.open("_reliable");
  target.open("_lossy", {false, 0});
  if (honest) shake_hands(target, client, numbers);
  for (Bytes& packet : pieces_of(ByteView(data + 1, size - 1))) {
    while (auto written = target.take()) numbers.note(*written, true);
    if (!raw) {
      packet.insert(packet.begin(), kHeader, std::uint8_t{0});
      if (packet.size() > kHeader) numbers.apply(packet);
    }
    target.feed(packet, later(20));
    for (const auto& channel : target.channels()) (void)target.send(channel.stream, Bytes(5, 1));
  }
  target.on_timer(later(200));
  check(target);
  return 0;
}
