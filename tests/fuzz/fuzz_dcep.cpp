// SPDX-License-Identifier: EUPL-1.2
#include <cstdlib>
#include <lkdoctor/proto/data_channel.hpp>

#include "proto/dcep.hpp"

using namespace lkdoctor;

/// Our own DCEP reader with whatever arrives; what decodes is written and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = proto::decode_dcep(ByteView(data, size));
  if (!message || message->acknowledges) return 0;
  const auto back = proto::decode_dcep(proto::encode_dcep_open(message->label, message->options));
  if (!back || back->label != message->label || back->options.ordered != message->options.ordered)
    std::abort();
  return 0;
}
