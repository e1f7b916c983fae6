// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <cstdlib>
#include <lkdoctor/proto/stream_frames.hpp>
#include <lkdoctor/proto/turn.hpp>

using namespace lkdoctor;

namespace {

void talk(proto::TurnCarrier carrier, ByteView input) {
  proto::TurnClient client(carrier, {"user", Secret("password")});
  const Clock::time_point now{};
  client.allocate(now);
  Bytes answer(input.begin(), input.end());
  const auto requests = client.take();
  constexpr std::size_t kIdAt = 8;
  if (answer.size() >= 20) std::copy_n(requests.at(0).begin() + kIdAt, 12, answer.begin() + kIdAt);
  for (std::size_t at = 0; at < answer.size(); at += 700) {
    client.receive(ByteView(answer).subspan(at, std::min<std::size_t>(700, answer.size() - at)), now);
  }
  if (client.take_relayed().size() > 1024 || client.state().foreign.size() > 300) std::abort();
}

}  // namespace

/// A server of any kind, as datagrams and as a stream; and the same bytes as RFC 4571 frames.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  talk(proto::TurnCarrier::datagrams, input);
  talk(proto::TurnCarrier::stream, input);
  proto::StreamFrames frames(2000);
  frames.feed(input);
  while (const auto packet = frames.take()) {
    if (packet->size() > 2000) std::abort();
  }
  return 0;
}
