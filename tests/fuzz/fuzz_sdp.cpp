// SPDX-License-Identifier: EUPL-1.2
#include <cstdlib>
#include <lkdoctor/proto/sdp.hpp>

using namespace lkdoctor;

/// Whatever is read as an offer can be answered, and the answer is SDP with the same sections.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const auto offer = proto::parse_sdp(text);
  if (!offer || offer->sections.empty()) return 0;
  (void)offer->sctp_port();
  const proto::SdpLocal local{{"abcdefgh", Secret("0123456789abcdef0123456789abcdef")}, "AA:BB"};
  const std::string answer = proto::make_answer(local, *offer);
  const auto back = proto::parse_sdp(answer);
  if (answer.size() < 256U * 1024U && (!back || back->sections.size() != offer->sections.size()))
    std::abort();
  return 0;
}
