// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/proto/stream_frames.hpp>
#include <lkdoctor/proto/stun.hpp>

using namespace lkdoctor;
using namespace lkdoctor::proto;

TEST_CASE("packets come out whole however the stream was cut") {
  Bytes stream;
  for (const Bytes& packet : {Bytes{1, 2, 3}, Bytes{}, Bytes(300, 7)}) {
    const Bytes frame = framed(packet);
    stream.insert(stream.end(), frame.begin(), frame.end());
  }
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    StreamFrames frames;
    std::vector<Bytes> got;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      frames.feed(ByteView(stream).subspan(at, std::min(piece, stream.size() - at)));
      while (auto packet = frames.take()) got.push_back(*packet);
    }
    REQUIRE(got.size() == 3);
    CHECK(got[0] == Bytes{1, 2, 3});
    CHECK(got[1].empty());
    CHECK(got[2] == Bytes(300, 7));
    CHECK(frames.pending() == 0);
    CHECK_FALSE(frames.broken());
  }
}

TEST_CASE("a stream cut in a packet gives nothing, and what came is seen") {
  StreamFrames frames;
  frames.feed(Bytes{0, 4, 1, 2, 3});
  CHECK_FALSE(frames.take());
  CHECK(frames.pending() == 5);
  CHECK(frames.rest()[2] == 1);
}

TEST_CASE("another protocol's first bytes break the stream once they announce too much") {
  StreamFrames frames(1500);
  const std::string_view http = "HTTP/1.1 400 Bad Request\r\n";
  frames.feed(Bytes(http.begin(), http.end()));
  CHECK_FALSE(frames.take());
  CHECK(frames.broken());
  frames.feed(Bytes{0, 1, 9});
  CHECK_FALSE(frames.take());
}
