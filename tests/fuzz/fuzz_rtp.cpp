// SPDX-License-Identifier: EUPL-1.2
#include <cstdlib>
#include <lkdoctor/proto/rtp.hpp>

using namespace lkdoctor;

/// Whatever decodes as RTP must survive being written and read again; RTCP must stay within its bounds.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  for (const auto& packet : proto::decode_rtcp(bytes)) {
    if (packet.reports.size() > 31 || packet.type < 192) std::abort();
  }
  const auto packet = proto::decode_rtp(bytes);
  if (!packet) return 0;
  const auto back = proto::decode_rtp(proto::encode_rtp(*packet));
  if (!back || back->payload != packet->payload || back->sequence != packet->sequence) std::abort();
  if (back->extensions.size() != packet->extensions.size()) std::abort();
  return 0;
}
