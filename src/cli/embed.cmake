# mortise_embed(TARGET NAME FOLDER file...): compiles the files into TARGET as raw strings through
# NAME.cc.in, one entry per file. An edited file is picked up by the next build.
function(mortise_embed target name folder)
  set(MORTISE_EMBEDDED "")
  foreach(file ${ARGN})
    file(READ ${folder}/${file} text)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/${file})
    string(APPEND MORTISE_EMBEDDED "    {\"${file}\", R\"~~~(${text})~~~\"},\n")
  endforeach()
  configure_file(${CMAKE_CURRENT_SOURCE_DIR}/${name}.cc.in ${name}.cc @ONLY)
  target_sources(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/${name}.cc)
endfunction()
