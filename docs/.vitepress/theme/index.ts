/** The default theme, with room for lines of code. Its fonts come with it. */
import DefaultTheme from 'vitepress/theme';
import './wide.css';

export default DefaultTheme;
