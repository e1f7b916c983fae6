// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "net/ws_frames.hpp"

using namespace lkdoctor;

namespace {

constexpr std::size_t kLargest = 4096;

struct Stream {
  std::vector<net::WsFrame> frames;
  net::WsReader::Error error = net::WsReader::Error::none;
};

Stream read(ByteView bytes, std::size_t piece) {
  Stream out;
  net::WsReader reader(kLargest);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.feed(bytes.subspan(at, std::min(piece, bytes.size() - at)));
    while (auto frame = reader.next()) out.frames.push_back(std::move(*frame));
  }
  out.error = reader.error();
  return out;
}

}  // namespace

/// The first byte says how the stream is cut: the frames are the same, and none is larger than allowed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  const Stream whole = read(bytes, bytes.size() + 1);
  const Stream pieces = read(bytes, 1 + data[0] % 16U);
  if (whole.frames.size() != pieces.frames.size() || whole.error != pieces.error) std::abort();
  for (std::size_t i = 0; i < whole.frames.size(); ++i) {
    if (whole.frames[i].payload != pieces.frames[i].payload) std::abort();
    if (whole.frames[i].payload.size() > kLargest) std::abort();
  }
  return 0;
}
