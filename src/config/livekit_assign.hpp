// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "config/livekit_decode.hpp"
#include "config/yaml_scalar.hpp"

namespace lkdoctor::config {

/// Puts a scalar into a field as go-yaml does: numbers may be cut and switches spelt, nothing else is
/// converted. False: the type does not fit. `written` is the text itself, which fields of text take.
bool assign_scalar(const std::string& written, const yaml::Scalar& read, const Field& field, Value& value);

}  // namespace lkdoctor::config
