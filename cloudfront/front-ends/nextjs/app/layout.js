import './page.css';

export const metadata = { title: 'Pictures by Pixfront' };

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
