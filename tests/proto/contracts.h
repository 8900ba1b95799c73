// The wire contracts as this binary was built with them.
#pragma once

#include <vector>

#include <google/protobuf/descriptor.h>

namespace weir::proto_test {

/// Every file of proto/weir/v1, by name; a file missing here fails `every_file_is_listed`.
std::vector<const google::protobuf::FileDescriptor*> files();

/// Every message of these files, in the order of their text. (Nested ones do not exist.)
std::vector<const google::protobuf::Descriptor*> messages();

}  // namespace weir::proto_test
