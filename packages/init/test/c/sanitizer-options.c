/* teu-init gives memory back by ending: what is in use then is no leak. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0"; }
