// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <vector>

#include "config/livekit_decode.hpp"

/// What go-yaml refuses, in its own words.
namespace lkdoctor::config {

/// `lasting`: the field as it may be kept, null if the decoder's own.
Defect wrong_type_of(const yaml::Node& node, const std::string& tag, const Field& field,
                     const Field* lasting);

Defect unknown_field_of(const std::string& key, const yaml::Node& key_node, const Field& structure);

/// Both of a pair of equal keys are named, as often as there are pairs; at most `most`.
std::vector<Defect> duplicate_keys(const yaml::Node& mapping, std::size_t most);

}  // namespace lkdoctor::config
