// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/bytes.hpp>
#include <lkdoctor/proto/sdp.hpp>
#include <optional>

/// The Opus frames of a test call: each says which one it is.
namespace lkdoctor::probes {

inline constexpr std::size_t kLongestFrame = 1'150;  ///< as long as a browser's longest packet of video

/// Of the packet with this index: mostly short, some long.
std::size_t frame_length(std::size_t index);
Bytes frame_for(std::size_t index);
/// Which packet a payload is; nullopt: none of ours.
std::optional<std::size_t> index_of(ByteView payload);

/// Of an answer: Opus is among the formats of a section that is not refused.
bool keeps_opus(const proto::SdpRemote& answer);

}  // namespace lkdoctor::probes
