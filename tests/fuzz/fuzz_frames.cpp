// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <cstdlib>
#include <lkdoctor/proto/stream_frames.hpp>
#include <lkdoctor/proto/stun.hpp>
#include <vector>

using namespace lkdoctor;

namespace {

struct Stream {
  std::vector<Bytes> packets;
  bool broken = false;
  std::size_t pending = 0;
};

Stream read(ByteView bytes, std::size_t piece, std::size_t longest) {
  Stream out;
  proto::StreamFrames frames(longest);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    frames.feed(bytes.subspan(at, std::min(piece, bytes.size() - at)));
    while (auto packet = frames.take()) out.packets.push_back(std::move(*packet));
    if (frames.rest().size() != frames.pending()) std::abort();
  }
  out.broken = frames.broken();
  out.pending = frames.pending();
  return out;
}

}  // namespace

/// RFC 4571. The first byte says how the stream is cut: the packets are the same, none is longer than
/// allowed, and written again they are the stream.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  const std::size_t longest = (data[0] & 0x80U) != 0 ? 300 : 0xffff;
  const Stream whole = read(bytes, bytes.size() + 1, longest);
  const Stream pieces = read(bytes, 1 + data[0] % 64U, longest);
  if (whole.packets != pieces.packets || whole.broken != pieces.broken) std::abort();
  Bytes again;
  for (const Bytes& packet : whole.packets) {
    if (packet.size() > longest) std::abort();
    const Bytes framed = proto::framed(packet);
    again.insert(again.end(), framed.begin(), framed.end());
  }
  if (!std::ranges::equal(again, bytes.first(again.size()))) std::abort();
  if (again.size() + whole.pending != bytes.size()) std::abort();
  return 0;
}
